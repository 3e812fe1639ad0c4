"""The committed API documents are those of the code, complete, and their examples are true."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kanghu.main import cli, openapi

DOCUMENTS = {
    name: json.loads((cli.OPENAPI_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for name in openapi.AUDIENCES
}
STANDARDS = Path(cli.ROOT) / "src/kanghu/modules/catalog/data/data_elements.csv"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield path, method, described


def test_committed_documents_are_up_to_date() -> None:
    said = CliRunner().invoke(cli.app, ["openapi", "--check"])
    assert said.exit_code == 0, said.output


def test_a_stale_document_fails_the_check_and_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "OPENAPI_FOLDER", tmp_path)
    assert CliRunner().invoke(cli.app, ["openapi"]).exit_code == 0
    stale = tmp_path / "patient.json"
    stale.write_text(
        stale.read_text(encoding="utf-8").replace("康护客户端接口", "别的标题"), encoding="utf-8"
    )
    said = CliRunner().invoke(cli.app, ["openapi", "--check"])
    assert said.exit_code != 0
    assert "patient.json" in str(said.exception or said.output)
    assert "别的标题" in stale.read_text(encoding="utf-8")


def test_another_process_writes_the_same_text() -> None:
    """Nothing in the documents depends on the order of a set."""
    said = subprocess.run(
        [sys.executable, "-m", "kanghu.main.cli", "openapi", "--check"],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("audience", ["admin", "patient"])
def test_every_error_has_the_one_shape(audience: str) -> None:
    for path, method, described in operations(DOCUMENTS[audience]):
        statuses = {int(status) for status in described["responses"]}
        assert {422, 503, 404, 401} <= statuses, (method, path)
        for status, answer in described["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (method, path, status)
    assert "HTTPValidationError" not in DOCUMENTS[audience]["components"]["schemas"]


@pytest.mark.parametrize("audience", list(openapi.AUDIENCES))
def test_names_in_documents_are_for_people(audience: str) -> None:
    document = DOCUMENTS[audience]
    assert "kanghu__" not in json.dumps(document)
    for path, method, described in operations(document):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in described["summary"]), (method, path)


@pytest.mark.parametrize("audience", list(openapi.AUDIENCES))
def test_no_reference_leads_nowhere(audience: str) -> None:
    document = DOCUMENTS[audience]
    known = document["components"]["schemas"]

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    used = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert used <= set(known)
    assert set(known) - used <= {"Error"}


# --- the open document -------------------------------------------------------------------------------------------


def test_the_open_document_holds_all_seven_interfaces() -> None:
    document = DOCUMENTS["open"]
    served = {described["operationId"] for _, _, described in operations(document)}
    assert served == {
        "exchange_query_checklist",
        "exchange_push_guide",
        "exchange_push_results",
        "exchange_push_report",
        "exchange_change_items",
    }
    assert set(document["webhooks"]) == {"K1", "K2"}
    schemas = document["components"]["schemas"]
    assert {
        "AccountBinding", "Appointment", "ChecklistQuery", "GuidePush", "ResultPush", "ReportPush", "ItemChangePush",
        "Person", "ListItem", "Result", "DictionaryItem", "Envelope", "Message", "TransportFault",
    } <= set(schemas)  # fmt: skip


def test_data_elements_of_the_wire_stand_in_the_catalogue() -> None:
    """No identifier of WS 363 is invented: each one that a field names is in the shipped data elements."""
    with STANDARDS.open(encoding="utf-8") as file:
        known = {row["identifier"] for row in csv.DictReader(file)}
    text = json.dumps(DOCUMENTS["open"]["components"]["schemas"])
    named = {part.split('"')[0] for part in text.split('"x-data-element": "')[1:]}
    assert len(named) >= 15
    assert named <= known


def test_identity_fields_carry_their_data_elements() -> None:
    fields = DOCUMENTS["open"]["components"]["schemas"]["Person"]["properties"]
    without = {name for name, field in fields.items() if "x-data-element" not in json.dumps(field)}
    # WS 363 splits an address into six elements by level; the wire has one line.
    assert without == {"address"}


def test_every_open_operation_has_examples_and_faults() -> None:
    document = DOCUMENTS["open"]
    found = [described for _, _, described in operations(document)]
    found += [hook["post"] for hook in document["webhooks"].values()]
    assert len(found) == 7
    for described in found:
        assert described["requestBody"]["content"]["application/json"]["examples"]
        answer = described["responses"]["200"]["content"]["application/json"]
        assert answer["examples"]["accepted"]["value"]["accepted"] is True
        assert {"401", "403", "409", "413", "415", "422", "429", "503"} <= set(described["responses"])
