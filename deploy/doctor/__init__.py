"""What `caunoi doctor` looks at: the machine, the databases, the bus, the services. Each look says what to do."""

from deploy.doctor.finding import Finding, Level

__all__ = ["Finding", "Level"]
