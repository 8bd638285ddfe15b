"""All detectors together: whatever the work, hits are in order and within it."""

from hypothesis import given
from hypothesis import strategies as st
from waste_builders import call, compacted, edit, ran, refused, step, us, work

from aicost.core.waste.find import DETECTORS, find_waste
from aicost.core.waste.hits import KINDS

MINUTES = st.integers(0, 60)
ERRORS = st.sampled_from([None, 1, 2])
KIND = st.sampled_from(["read", "edit", "search", "agent", "other", "run", "commit"])
STEPS = st.lists(
    st.builds(ran, MINUTES, ERRORS)
    | st.builds(step, MINUTES, KIND, size_bytes=st.sampled_from([None, 0, 10, 90_000])),
    max_size=40,
)
CALLS = st.lists(
    st.builds(call, MINUTES, context_tokens=st.integers(0, 200_000), tools=st.integers(0, 2)),
    max_size=40,
)


@given(STEPS, CALLS, st.lists(st.builds(refused, MINUTES)), st.lists(st.builds(compacted, MINUTES)))
def test_any_work_gives_hits_in_order(
    steps: list[object], calls: list[object], refusals: list[object], compactions: list[object]
) -> None:
    parts = {"steps": steps, "calls": calls, "refusals": refusals, "compactions": compactions}
    ordered = {
        name: sorted(found, key=lambda one: one.at_us)  # type: ignore[attr-defined]
        for name, found in parts.items()
    }
    hits = find_waste(work(**ordered))
    assert [hit.since_us for hit in hits] == sorted(hit.since_us for hit in hits)
    assert all(0 <= hit.since_us <= hit.until_us <= us(60) for hit in hits)
    assert all(hit.kind in KINDS and hit.count > 0 for hit in hits)


def test_all_detectors_are_asked() -> None:
    loop = [one for n in range(1, 5) for one in (ran(n, error=1), edit(n + 0.5))]
    reads = [step(n, content=3, target=9) for n in (6, 7, 8)]
    found = find_waste(work(steps=[*loop, *reads]))
    assert [hit.kind for hit in found] == ["edit-test", "reread"]
    assert len(set(DETECTORS)) == len(DETECTORS)
