"""Every command block of README and guides runs, here or nightly, or says why it does not."""

import pytest

from tests.documentation.blocks import PAGES, RUNNABLE, blocks_of
from tests.documentation.sandbox import Sandbox

BLOCKS = {page: blocks_of(page) for page in PAGES}


def pages_with(slow):
    runs = {
        page: [b for b in blocks if b.language in RUNNABLE and not b.unrun and not b.file] for page, blocks in BLOCKS.items()
    }
    chosen = [page for page, blocks in runs.items() if any(block.slow is slow for block in blocks)]
    return pytest.mark.parametrize("page", chosen, ids=lambda page: page.stem)


def follow(page, sandbox, *, slow):
    """Do what a reader of the page does who leaves out the slow blocks, or all but them."""
    for block in BLOCKS[page]:
        if block.file is not None:
            sandbox.write(block.file, block.text)
        elif block.language == "diff":
            finished = sandbox.apply(block.text)
            assert finished.returncode == 0, f"{block.place}: {finished.stdout}"
        elif block.language in RUNNABLE and block.unrun is None and block.slow is slow:
            finished = (sandbox.bash if block.language == "console" else sandbox.python)(block.text)
            assert finished.returncode in block.exits, f"{block.place}: exit code {finished.returncode}\n{finished.stdout}"


@pages_with(slow=False)
def test_quick_blocks_of_a_page_run(page, tmp_path, cache_root):
    follow(page, Sandbox(tmp_path / "reader", page, cache_root), slow=False)


@pytest.mark.slow
@pages_with(slow=True)
def test_slow_blocks_of_a_page_run(page, tmp_path, cache_root):
    follow(page, Sandbox(tmp_path / "reader", page, cache_root), slow=True)


def test_a_block_that_does_not_run_says_why():
    blocks = [block for blocks in BLOCKS.values() for block in blocks]
    unrun = [block for block in blocks if block.unrun is not None]

    assert len([block for block in blocks if block.language in RUNNABLE]) > 40
    assert all(len(block.unrun) > 10 for block in unrun)
    assert not [block.place for block in unrun if block.language not in RUNNABLE or block.slow or block.file]


def test_every_block_has_a_language():
    assert {block.language for blocks in BLOCKS.values() for block in blocks} <= {*RUNNABLE, "text", "yaml", "{eval-rst}"}


def test_a_mark_that_means_nothing_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- slowly -->\n```console\ntrue\n```\n")
    with pytest.raises(AssertionError, match="means nothing"):
        blocks_of(page)

    page.write_text("<!-- slow -->\n\ntext\n\n```console\ntrue\n```\n")
    with pytest.raises(AssertionError, match="is not right before a block"):
        blocks_of(page)
