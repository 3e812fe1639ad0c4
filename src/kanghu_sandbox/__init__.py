"""The outside world, spoken to over real sockets. Imports nothing from `kanghu`."""
