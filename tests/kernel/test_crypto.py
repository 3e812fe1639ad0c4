"""Sealed values open only where they belong, under both ciphers, across rotation; blind indexes tell nothing but equality."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.kernel.crypto import CIPHERS, SealBroken, Vault, add_vault_key, new_secrets

SECRETS = new_secrets()


def loaded(cipher: str = "AES-256-GCM", kept: dict[str, object] | None = None) -> Vault:
    vault = Vault()
    vault.load(kept or SECRETS, cipher)
    return vault


@given(text=st.text(), row=st.uuids(), cipher=st.sampled_from(sorted(CIPHERS)))
def test_what_is_sealed_opens_again(text: str, row: object, cipher: str) -> None:
    vault = loaded(cipher)
    sealed = vault.seal(text.encode("utf-8", "surrogatepass"), "people.persons.name", row)
    assert vault.open_bytes(sealed, "people.persons.name", row) == text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("cipher", sorted(CIPHERS))
def test_another_row_column_or_a_changed_byte_does_not_open(cipher: str) -> None:
    vault = loaded(cipher)
    sealed = vault.seal("张三", "people.persons.name", 1)
    for context, row in (("people.persons.name", 2), ("people.persons.phone", 1)):
        with pytest.raises(SealBroken):
            vault.open(sealed, context, row)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            vault.open(bytes(changed), "people.persons.name", 1)
    for cut in (b"", sealed[:3], sealed[:20], sealed[:-1]):
        with pytest.raises(SealBroken):
            vault.open(cut, "people.persons.name", 1)


def test_the_same_text_never_looks_the_same() -> None:
    vault = loaded()
    assert vault.seal("张三", "c", 1) != vault.seal("张三", "c", 1)


def test_old_values_open_after_a_new_key_and_ask_to_be_resealed() -> None:
    before = loaded()
    old = before.seal("张三", "c", 1)
    after = loaded(kept=add_vault_key(SECRETS))
    assert after.needs_reseal(old)
    assert not before.needs_reseal(old)
    again = after.reseal(old, "c", 1)
    assert again.startswith(after.current_header())
    assert (after.open(again, "c", 1), after.open(old, "c", 1)) == ("张三", "张三")


def test_a_running_process_reads_a_key_that_was_added_since(tmp_path: Path) -> None:
    kept = tmp_path / "secrets.json"
    kept.write_text(json.dumps(SECRETS))
    running = Vault()
    running.load_file(kept)
    more = add_vault_key(SECRETS)
    kept.write_text(json.dumps(more))
    sealed = loaded(kept=more).seal("张三", "c", 1)
    assert running.open(sealed, "c", 1) == "张三"
    assert not running.needs_reseal(sealed)


def test_blind_indexes_are_equal_for_equal_values_of_one_kind_and_key_only() -> None:
    vault = loaded()
    assert vault.blind_index("phone", "1") == vault.blind_index("phone", "1")
    assert vault.blind_index("phone", "1") != vault.blind_index("name", "1")
    assert vault.blind_index("phone", "1") != loaded(kept=new_secrets()).blind_index("phone", "1")
