"""`rnntui sample`: a network writes on standard output, a character at a time."""

from rnntui.commands import corpus_status, untrained
from rnntui.commands.progress.waiting import Wait
from rnntui.commands.write import WriteRequest, facts, say_left_out, say_never, say_taken, say_weights, stream
from rnntui.runs import Run
from rnntui.runs.writers import WriterSpec
from rnntui.system.output import as_json


def write(run: Run, request: WriteRequest, *, wants_json: bool) -> None:
    """Stream what was requested as safe text, or print it as JSON. Raises `ValueError` as `read_network` does."""
    from rnntui.core.generation.continuation import continuations

    with Wait("reading the prompt") as wait:
        writer = WriterSpec(run, request.step, request.sampling, request.said)
        (text,) = continuations([writer], request.prompt, request.seed, wait)
    say_left_out([text])
    say_never([text], request.stop_at)
    say_taken([writer])
    say_weights([text])
    untrained.tell([(run, text.step)])
    states = corpus_status.tell([run])
    if wants_json:
        print(as_json(facts(text, request, states[run.path])))
    else:
        stream(text, request)
