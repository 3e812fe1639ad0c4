"""SQL of agreement texts and consents. Both tables only ever grow."""

from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.people.models import Agreement, AgreementVersion, Consent, Hand

_AGREEMENT = "kind, version, title, content, content_hash, provenance, published_at"

_SIGNED = """SELECT s.id, s.person_id, s.kind, s.institution_id, s.text_version, s.text_hash, s.at AS signed_at, s.channel,
        s.signer, s.signed_by,
        r.at AS revoked_at
   FROM people.consents s LEFT JOIN people.consents r ON r.revokes = s.id
  WHERE s.action = 'signed'"""


async def current_agreement(tx: Tx, kind: str) -> Agreement | None:
    found = await tx.fetchrow(
        f"SELECT {_AGREEMENT} FROM people.agreements WHERE kind = $1 ORDER BY published_at DESC LIMIT 1",
        kind,
    )
    return row(Agreement, found)


async def versions(tx: Tx, kind: str) -> list[AgreementVersion]:
    """Newest first."""
    return rows(
        AgreementVersion,
        await tx.fetch(
            f"""SELECT {_AGREEMENT},
                       (SELECT count(DISTINCT s.person_id) FROM people.consents s
                         WHERE s.action = 'signed' AND s.kind = a.kind AND s.text_version = a.version
                           AND NOT EXISTS (SELECT FROM people.consents r WHERE r.revokes = s.id)) AS standing
                  FROM people.agreements a WHERE kind = $1 ORDER BY published_at DESC""",
            kind,
        ),
    )


async def publish_agreement(tx: Tx, kind: str, title: str, content: str, provenance: str) -> Agreement:
    """The next version of a kind. Raises `asyncpg.UniqueViolationError` when two are published at once."""
    published = await tx.fetchrow(
        f"""INSERT INTO people.agreements (kind, version, title, content, content_hash, provenance)
            SELECT $1, 'v' || 1 + coalesce(max(substr(version, 2)::integer), 0), $2, $3,
                   encode(sha256(convert_to($3, 'UTF8')), 'hex'), $4
              FROM people.agreements WHERE kind = $1
         RETURNING {_AGREEMENT}""",
        kind,
        title,
        content,
        provenance,
    )
    assert published is not None
    return Agreement(**published)


async def sign(
    tx: Tx,
    consent_id: UUID,
    person_id: UUID,
    agreement: Agreement,
    institution_id: UUID,
    channel: str,
    ip: str | None,
    hand: Hand,
) -> None:
    await tx.execute(
        """INSERT INTO people.consents
                  (id, person_id, kind, institution_id, action, text_version, text_hash, channel, ip, account_id, signer,
                   signed_by)
           VALUES ($1, $2, $3, $4, 'signed', $5, $6, $7, $8, $9, $10, $11)""",
        consent_id,
        person_id,
        agreement.kind,
        institution_id,
        agreement.version,
        agreement.content_hash,
        channel,
        ip,
        hand.account_id,
        hand.signer,
        hand.signed_by,
    )


async def revoke(
    tx: Tx, revocation_id: UUID, consent: Consent, channel: str, ip: str | None, hand: Hand
) -> None:
    await tx.execute(
        """INSERT INTO people.consents (id, person_id, kind, institution_id, action, revokes, text_version, text_hash,
                  channel, ip, account_id, signer, signed_by)
           VALUES ($1, $2, $3, $4, 'revoked', $5, $6, $7, $8, $9, $10, $11, $12)""",
        revocation_id,
        consent.person_id,
        consent.kind,
        consent.institution_id,
        consent.id,
        consent.text_version,
        consent.text_hash,
        channel,
        ip,
        hand.account_id,
        hand.signer,
        hand.signed_by,
    )


async def standing(tx: Tx, person_id: UUID, kind: str, institution_id: UUID) -> Consent | None:
    """The newest signature that holds."""
    found = await tx.fetchrow(
        f"""{_SIGNED} AND s.person_id = $1 AND s.kind = $2 AND s.institution_id = $3 AND r.id IS NULL
            ORDER BY s.at DESC, s.id DESC LIMIT 1""",
        person_id,
        kind,
        institution_id,
    )
    return row(Consent, found)


async def get(tx: Tx, person_id: UUID, consent_id: UUID) -> Consent | None:
    return row(
        Consent, await tx.fetchrow(f"{_SIGNED} AND s.person_id = $1 AND s.id = $2", person_id, consent_id)
    )


async def of_person(tx: Tx, person_id: UUID) -> list[Consent]:
    return rows(
        Consent, await tx.fetch(f"{_SIGNED} AND s.person_id = $1 ORDER BY s.at DESC, s.id DESC", person_id)
    )
