async def test_schema(tx) -> None:
    assert await tx.fetchval("SELECT count(*) FROM catalog.items") >= 0
