"""``vae-desktop draw``: pictures of what a text asks for, by the words that were fitted to a model."""

import argparse
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.opening import add_file_options, diffusion_of, opened_at_its_end
from vae_desktop.cli.options import add_guidance_option, add_setting_option
from vae_desktop.cli.output import print_json, say
from vae_desktop.cli.sample import COUNT, SEED, pictures_of
from vae_desktop.cli.saving import add_pictures_option, check_writable, save_pictures
from vae_desktop.language import N_, tr
from vae_desktop.settings import Setting
from vae_desktop.words import STEPS

if TYPE_CHECKING:
    from vae_desktop.words.understanding import Understanding

HELP = N_("draw pictures of what a text asks for")
_STEPS = Setting(N_("Steps"), N_("In how many steps noise becomes a code."), minimum=1, maximum=1000)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser, has_step=False)
    parser.add_argument("text", metavar="TEXT", help=tr("what to draw, such as 'a thick slanted seven'"))
    add_setting_option(parser, "--count", "count", COUNT, 16)
    add_guidance_option(parser)
    add_setting_option(parser, "--steps", "steps", _STEPS, STEPS)
    add_setting_option(parser, "--seed", "seed", SEED, 0)
    add_pictures_option(parser)
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Draw, save the pictures, and print what was understood; the status is 1 where the text is refused."""
    check_writable(options.output)
    checkpoint = opened_at_its_end(options, needs_words=True)
    diffusion = diffusion_of(checkpoint, options)
    understood = diffusion.understand(options.text)
    if not understood.refusal:
        walk = diffusion.draw(options.text, options.count, options.guidance, options.steps, options.seed)
        save_pictures(options.output, pictures_of(checkpoint, walk[-1]))
    if options.json:
        print_json(
            {
                **_values(understood),
                "drawn": 0 if understood.refusal else options.count,
                "guidance": options.guidance,
                "steps": options.steps,
                "seed": options.seed,
                "step": checkpoint.snapshot.step,
                "words_step": diffusion.step,
                "output": None if understood.refusal else str(options.output),
            }
        )
    elif not understood.refusal:
        print(tr("Understood: {facts}").format(facts=tr(", ").join(understood.facts)))
    if understood.refusal:
        say(options.program, understood.refusal)
    return 1 if understood.refusal else 0


def _values(understood: "Understanding") -> dict[str, Any]:
    """What was understood of a text, as plain JSON values."""
    return {
        "words": [{"word": word.text, "counts": word.counts, "as": word.as_} for word in understood.words],
        "facts": list(understood.facts),
        "refusal": understood.refusal or None,
    }
