"""How the process of a sweep reaches a Ray cluster, or starts one, and what it says where it cannot.

Invariant: what Ray prints or warns of meanwhile is not seen, and its signal handlers do not stay.
"""

import os
import re
import signal
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rnntui.sweeps.places.choice import CLIENT, RAY, RAY_AUTO, host_and_port
from rnntui.system.failures import TRACEBACK
from rnntui.system.signals import SIGNALS

ANSWER_SECONDS = 5.0  # that a machine may take to accept a connection
# Of two versions in Ray's own words the cluster's comes first.
VERSIONS = re.compile(r"Ray: (\S+)\s+Python: (\S+)[\s\S]*?Ray: (\S+)\s+Python: (\S+)")
SET_BEFORE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # once a cluster is gone, not to any other
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # a relay says by itself what it could not do
}
TRIES = "RAY_NUM_REDIS_GET_RETRIES"  # Ray looks for a cluster so often, each time for up to 40 seconds


def connected(address: str, cpus: int) -> Any:
    """Ray, connected; a cluster of this machine has so many CPUs. Raises `ValueError`."""
    if address != RAY:
        _check_answers(address)
        os.environ.setdefault(TRIES, "1")
    for name, value in SET_BEFORE.items():
        os.environ.setdefault(name, value)
    how: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "namespace": "rnntui"}
    how |= {"address": "auto" if address == RAY_AUTO else address}
    if address == RAY:
        how |= {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    try:
        with _quiet(), _own_signals():
            import ray

            _mute()
            ray.init(**how)
            _mute()
            with suppress(Exception):  # there is no client
                client: Any = ray.util.client.ray  # which has no types
                client.get_context().client_worker.log_client.disable_logs()
    except Exception as error:  # of many kinds
        raise ValueError(f"--on {address}: {why(address, error)}") from error
    return ray


def _check_answers(address: str) -> None:
    """Raise `ValueError` where nothing answers at an address that names a host: Ray would ask for minutes."""
    named = os.environ.get("RAY_ADDRESS", "") if address == RAY_AUTO else address
    place = host_and_port(named.removeprefix(CLIENT))
    if place is None:
        return
    by = f"RAY_ADDRESS={named}" if address == RAY_AUTO else f"--on {address}"
    try:
        socket.create_connection(place, ANSWER_SECONDS).close()
    except socket.gaierror:
        raise ValueError(f"{by}: no machine is known by the name {place[0]!r}: check the address") from None
    except OSError:
        raise ValueError(
            f"{by}: nothing answers at port {place[1]} of {place[0]}: check the address, and that the cluster is up"
        ) from None


def why(address: str, error: Exception) -> str:
    """What is the matter, told by what Ray raised."""
    said = str(error)
    if found := VERSIONS.search(said):
        there, here = f"Ray {found[1]} and Python {found[2]}", f"Ray {found[3]} and Python {found[4]}"
        return f"the cluster has {there}, here are {here}: install the cluster's versions here"
    if type(error).__name__ == "AuthenticationError":
        return (
            "there is no token here that the cluster takes: put the cluster's into ~/.ray/auth_token, or name its file "
            "by RAY_AUTH_TOKEN_PATH"
        )
    if address == RAY:
        return f"Ray could not start on this machine: `{TRACEBACK}=1` shows why"
    token = "set RAY_AUTH_MODE=token if the cluster asks for a token, and check that it is the cluster's"
    if address == RAY_AUTO and "RAY_ADDRESS" not in os.environ:
        return f"no Ray cluster of this machine answers: `ray start` begins or joins one, RAY_ADDRESS names it; {token}"
    port = "" if address == RAY_AUTO else "that the port is the one of Ray's client server, 10001 unless set, and "
    return f"what answers there takes no connection of Ray's: check {port}that the cluster is up; {token}"


def _mute() -> None:
    """Ray's log is printed by nobody, also later."""
    import logging

    for name in [name for name in logging.root.manager.loggerDict if name == "ray" or name.startswith("ray.")]:
        logging.getLogger(name).handlers[:] = [logging.NullHandler()]
    logging.getLogger("ray").propagate = False


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is printed to standard error, and nobody is warned."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _own_signals() -> Iterator[None]:
    """What handles signals before does so behind: Ray would print calls of C at SIGTERM, and leave at once."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(ValueError, TypeError):  # not the main thread's, or none of Python's
                signal.signal(number, handler)
