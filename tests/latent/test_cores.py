"""What uses scikit-learn says nothing where the processor's cores cannot be counted."""

import os
import subprocess
import sys

import pytest

USES = {
    "neighbours": "from vae_desktop.latent.neighbours import knn_accuracy; knn_accuracy(codes, codes)",
    "mixture": "from vae_desktop.latent.mixture import fit_mixture; fit_mixture(codes.mean, 2, 0)",
    "t-SNE": "from vae_desktop.latent.tsne import neighbour_map; neighbour_map(codes.mean)",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_processor_whose_cores_nothing_lists_is_no_reason_to_warn(use, tmp_path):
    code = f"""
import numpy as np
from vae_desktop.latent.codes import Codes
codes = Codes(np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32), None, np.arange(60) % 2)
{use}
"""
    environment = {**os.environ, "PATH": str(tmp_path)}  # without the programs that joblib asks
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
