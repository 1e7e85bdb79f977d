"""Where the databases and the bus of the city are: from the environment (containers), else from the city on this machine."""

import os
from collections.abc import Mapping

from deploy.cli.client import running_city, var_directory
from deploy.cli.endings import fail
from deploy.local.environment import Places, environment
from deploy.settings import has_database


def surroundings() -> Mapping[str, str]:
    """Return the environment that the services run with. Ends the command where there is neither."""
    if has_database(os.environ):
        return os.environ
    city = running_city()
    if city is None:
        fail(
            f"no city is running in {var_directory()}, and INTAKE_DATABASE__URL is not set",
            "start the city with `make run`; in containers: docker compose run --rm provision …",
        )
    places = Places(city.url, city.postgres_port, city.nats_url, city.smtp_port)
    return environment(var_directory(), places, given=os.environ)
