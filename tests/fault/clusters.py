"""Three nats-servers as one cluster. A node that is cut off answers nobody and closes nothing, as behind a cut cable."""

import json
import os
import signal
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from deploy.local.nats_accounts import NatsAccounts
from deploy.local.processes import free_port
from deploy.local.servers import Nats
from deploy.names import LOOPBACK

NODES = 3
HEALTH_SECONDS_MAX = 1.0


class Node(Nats):
    """One server of the cluster."""

    def __init__(
        self,
        var: Path,
        *,
        number: int,
        route_port: int,
        routes: list[str],
        password: str | None,
        accounts: NatsAccounts | None = None,
    ) -> None:
        super().__init__(var, accounts=accounts)
        self.name = f"node-{number}"
        self._cluster = {"name": "city", "host": LOOPBACK, "port": route_port, "routes": routes}
        self.password = password or self.password

    def monitoring(self, path: str) -> Mapping[str, Any]:
        """Return what the server says of itself, nothing where it does not answer."""
        connection = HTTPConnection(LOOPBACK, self.monitoring_port, timeout=HEALTH_SECONDS_MAX)
        try:
            connection.request("GET", path)
            found: Mapping[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError):
            return {}
        else:
            return found
        finally:
            connection.close()

    def _configuration(self, store: Path) -> str:
        settings = json.loads(super()._configuration(store))
        if self.accounts is not None:
            settings["resolver"]["dir"] = str(store.parent / "accounts")
        return json.dumps(settings | {"server_name": self.name, "cluster": self._cluster})

    def _is_ready(self, _pid: int) -> bool:
        return bool(self.monitoring("/varz"))  # whole only together with the others


class Cluster:
    """What a fleet needs of nats-server, threefold."""

    def __init__(self, directory: Path, *, accounts: NatsAccounts | None = None) -> None:
        self.accounts = accounts
        ports = [free_port() for _ in range(NODES)]
        routes = [f"nats-route://{LOOPBACK}:{port}" for port in ports]
        self.nodes: list[Node] = []
        for number, port in enumerate(ports):
            password = self.nodes[0].password if self.nodes else None
            place = directory / f"node-{number}"
            node = Node(place, number=number, route_port=port, routes=routes, password=password, accounts=accounts)
            self.nodes.append(node)
        self.user, self.password = self.nodes[0].user, self.nodes[0].password

    @property
    def url(self) -> str:
        return ",".join(node.url for node in self.nodes)

    @property
    def is_running(self) -> bool:
        return any(node.is_running for node in self.nodes)

    @property
    def leader(self) -> Node | None:
        """The node that leads the cluster's metadata, None while there is none."""
        named = {str(node.monitoring("/jsz").get("meta_cluster", {}).get("leader")) for node in self.nodes}
        return next((node for node in self.nodes if named == {node.name}), None)

    def start(self) -> None:
        for node in self.nodes:
            node.start()

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()

    def stop(self) -> None:
        for node in self.nodes:
            if node.is_running:
                self.heal(node)
                node.stop()

    def cut(self, node: Node) -> None:
        """Cut a node off: its connections stay open, and nothing comes through them."""
        os.kill(node.pid, signal.SIGSTOP)

    def heal(self, node: Node) -> None:
        os.kill(node.pid, signal.SIGCONT)
