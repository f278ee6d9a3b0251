"""Does archbench itself execute more than it did? Counted, never timed."""


def test_hot_path(archbench, archbench_hot_path):
    archbench.count(archbench_hot_path)
