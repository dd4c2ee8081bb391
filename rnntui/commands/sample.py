"""`rnntui sample`: a network writes on standard output, a character at a time."""

from rnntui.commands import corpus_status, untrained
from rnntui.commands.network_names import say_checkpoints
from rnntui.commands.write import WriteRequest, begun, facts, say_left_out, say_never, steps_of, stream
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import WriterSpec
from rnntui.system.output import as_json


def write(network: NetworkSpec, request: WriteRequest, *, wants_json: bool) -> None:
    """Stream what was requested as safe text, or print it as JSON. Raises `ValueError` as `read_network` does."""
    (text,) = begun([WriterSpec(network, request.sampling)], request)
    say_left_out([text])
    say_never([text], request.stop_at)
    say_checkpoints([(network, text.checkpoints)])
    untrained.tell(steps_of(text))
    states = corpus_status.tell(network.runs)
    if wants_json:
        print(as_json(facts(text, request, states)))
    else:
        stream(text, request)
