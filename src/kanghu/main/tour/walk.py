async def walk() -> int:
    return 0
