"""Lanes take cases kind by kind, and help each other where it is worth another process."""

from hypothesis import given
from hypothesis import strategies as st

from archbench.measurement.count_queue import Waiting, kind_of
from archbench.workloads.ids import parse_case


def cases(backend, count):
    return [parse_case(f"standard-d{depth}-w16-k3-8x8-b1:{backend}:t1") for depth in range(1, count + 1)]


def test_two_lanes_begin_with_kinds_of_their_own_and_one_helps_the_other():
    native, accelerated = cases("torch", 2), cases("openvino-cpu-f32", 5)
    waiting = Waiting([*native, *accelerated])

    first, second = waiting.take(None), waiting.take(None)
    assert (first, second) == (accelerated[0], native[0])
    assert waiting.take(kind_of(first)) == accelerated[1]
    assert waiting.take(kind_of(second)) == native[1]
    assert waiting.take(kind_of(second)) == accelerated[2]


def test_the_last_case_is_left_to_the_lane_whose_process_runs():
    waiting = Waiting(cases("openvino-cpu-f32", 2))
    first = waiting.take(None)

    assert waiting.take(None) is None
    assert waiting.take(kind_of(first)) is not None
    assert waiting.take(kind_of(first)) is None


@given(st.lists(st.sampled_from(["torch", "openvino-cpu-f32", "onnxruntime"]), max_size=12), st.data())
def test_every_case_is_taken_once(backends, data):
    offered = [parse_case(f"standard-d{depth}-w16-k3-8x8-b1:{name}:t1") for depth, name in enumerate(backends, start=1)]
    waiting = Waiting(offered)
    lanes = [None, None]
    at_work, taken = {0, 1}, []
    while at_work:
        lane = data.draw(st.sampled_from(sorted(at_work)))
        case = waiting.take(lanes[lane])
        if case is None:
            at_work.remove(lane)
        else:
            lanes[lane] = kind_of(case)
            taken.append(case)

    assert sorted(case.id for case in taken) == sorted(case.id for case in offered)
