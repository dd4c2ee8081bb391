"""What `rnntui units` says: the unit that follows each feature, the units in their order, and the same as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rnntui.commands.tables import print_table
from rnntui.probes import MUTUAL_INFORMATION
from rnntui.runs import weights
from rnntui.system import output
from rnntui.text import in_columns
from rnntui.text.format import counted
from rnntui.text.sanitize import one_line, shown_text
from rnntui.text.state_scale import StateScale

if TYPE_CHECKING:
    from rnntui.commands.units import FoundUnits
    from rnntui.commands.units_similar import SimilarPlaces
    from rnntui.core.analysis.units.states import UnitGroup
    from rnntui.core.analysis.units.survey import FollowedFeature, UnitSurvey

LEAST_STRIP = 12  # columns of a strip that is worth its room
BESIDE = 64  # columns of a table beside its strips


def tell(found: "FoundUnits", top: int, *, asked: bool) -> None:
    """Print the tables; `asked`: the units are in the order of what was asked for."""
    survey = found.survey
    is_by_bits = survey.by == MUTUAL_INFORMATION
    print(shown_text(found.title))
    units = counted(len(survey.r), "unit")
    print(f"{units} of {groups_in_words(survey.groups)}; r is Pearson's correlation with the state")
    ranked = ", by which they are ranked" if is_by_bits else ""
    print(f"bits: their mutual information{ranked}; entropy: all that can be known of a feature\n")
    strip = _strip(found)
    shown_passage = in_columns.row(strip) if strip else ""
    heads = ["unit", ">r", ">bits", *([shown_passage] if strip else [])]
    print_table(
        ["feature", ">share", ">entropy", *heads],
        (
            [
                survey.features.names[each.feature],
                _average(survey, each),
                f"{survey.entropies[each.feature]:.2f}",
                *_row(found, each, strip),
            ]
            for each in found.by_feature
        ),
    )
    print(f"\n{'units by what was asked' if asked else 'units by what each follows best'}")
    print_table(
        ["follows", *heads],
        ([survey.features.names[each.feature], *_row(found, each, strip)] for each in found.ranked[:top]),
    )
    print()
    if survey.features.left_out:
        print(f"left out: {'; '.join(_reasons(survey.features.left_out))}")
    print(f"read: {shown_text('; '.join(found.given.notes))}")


def tell_places(title: str, similar: "SimilarPlaces") -> None:
    """Print the places that are like one, the nearest first."""
    print(shown_text(title))
    print(f"where {similar.what} is most as it is after {one_line(similar.after)!r}, position {similar.position:,}\n")
    print_table(
        [">position", ">distance", ">read up to there", "and next"],
        (
            [f"{place.position:,}", f"{place.distance:.3f}", one_line(place.before), one_line(place.after)]
            for place in similar.places
        ),
    )


def groups_in_words(groups: "Iterable[UnitGroup]") -> str:
    """`layer 1 (h, c) and layer 2 (h, c)`."""
    states: dict[int, list[str]] = {}
    for group in groups:
        states.setdefault(group.layer, []).append(group.state)
    return " and ".join(f"layer {layer} ({', '.join(names)})" for layer, names in states.items())


def _reasons(left_out: dict[str, str]) -> Iterable[str]:
    """What was left out by its reason, names together."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        by_reason.setdefault(reason, []).append(shown_text(name))
    return (f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def _strip(found: "FoundUnits") -> str:
    """As much of the passage as a table has room for."""
    room = int(min(2 * len(found.strip.text), output.columns() - BESIDE))
    return in_columns.fitting(found.strip.text, room) if room >= LEAST_STRIP else ""


def _row(found: "FoundUnits", each: "FollowedFeature", strip: str) -> list[str]:
    group, unit = found.survey.place(each.column)
    states = found.strip.states[: len(strip), each.column].tolist()
    scale = StateScale.within(states)
    bars = [in_columns.under(strip, map(scale.bar, states))] if strip else []
    return [f"{group.layer} {group.state} {unit}", f"{each.r:+.3f}", f"{each.bits:.2f}", *bars]


def _average(survey: "UnitSurvey", each: "FollowedFeature") -> str:
    average = survey.features.averages[each.feature]
    return f"{average:.1%}" if survey.features.are_marks[each.feature] else f"mean {average:.1f}"


def as_columns(found: "FoundUnits", drawn: "Sequence[FollowedFeature]") -> "list[tuple[str, list[float]]]":
    """The heading and the states of each unit that is drawn."""
    columns = []
    for each in drawn:
        group, unit = found.survey.place(each.column)
        of_unit = f"layer {group.layer} · {group.state} · unit {unit} of {group.count}"
        heading = f"{of_unit} · {found.survey.features.names[each.feature]} · {_strength(found, each)}"
        columns.append((heading, found.passage.states[:, each.column].tolist()))
    return columns


def _strength(found: "FoundUnits", each: "FollowedFeature") -> str:
    """By the measure that the units are ranked by."""
    return f"{each.bits:.2f} bits" if found.survey.by == MUTUAL_INFORMATION else f"r {each.r:+.2f}"


def facts(found: "FoundUnits", top: int) -> dict[str, Any]:
    """What is printed as JSON."""
    survey, read = found.survey, found.read
    names = survey.features.names
    return {
        "run": found.network.name,
        "step": read.step,
        "checkpoint": found.network.said or None,
        "weights": read.weights or weights.RAW,
        "of": found.given.what,
        "notes": found.given.notes,
        "characters": len(found.given.text),
        "left_out_characters": dict(found.given.left_out),
        "units_compared": len(survey.r),
        "by": survey.by,
        "features": [
            {
                "feature": names[each.feature],
                "is_number": not survey.features.are_marks[each.feature],
                "mean": survey.features.averages[each.feature],
                "entropy": float(survey.entropies[each.feature]),
                **_unit_facts(survey, each),
            }
            for each in found.by_feature
        ],
        "left_out": survey.features.left_out,
        "similar": None if found.similar is None else asdict(found.similar),
        "units": [
            {
                **_unit_facts(survey, each),
                "follows": names[each.feature],
                "correlations": dict(zip(names, survey.r[each.column].tolist(), strict=True)),
                "mutual_information": dict(zip(names, survey.bits[each.column].tolist(), strict=True)),
            }
            for each in found.ranked[:top]
        ],
    }


def _unit_facts(survey: "UnitSurvey", each: "FollowedFeature") -> dict[str, Any]:
    group, unit = survey.place(each.column)
    return {"layer": group.layer, "state": group.state, "unit": unit, "r": each.r, "bits": each.bits}
