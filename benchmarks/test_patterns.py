"""Form/function, Figures 1 and 2: how much does each design pattern gain, by depth, width and batch?"""


def test_patterns(archbench, archbench_case):
    archbench.measure(archbench_case)
