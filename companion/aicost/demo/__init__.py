"""The recorded day behind `aicost top --demo`."""
