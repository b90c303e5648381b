"""What uses scikit-learn says nothing where the processor's cores cannot be counted."""

import os
import subprocess
import sys

CODE = """
import numpy as np
from joblib.externals.loky.backend import context
from vae_desktop.latent.codes import Codes
from vae_desktop.libraries import prepare_sklearn
from vae_desktop.latent.sampling import fit_mixture
from vae_desktop.latent.posteriors import knn_accuracy
from vae_desktop.latent.tsne import neighbour_map

codes = Codes(np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32), None, np.arange(60) % 2)
uses = lambda: knn_accuracy(codes, codes), lambda: fit_mixture(codes.mean, 2, 0), lambda: neighbour_map(codes.mean)
for use in uses:
    context.physical_cores_cache = None  # each is the first that needs them
    prepare_sklearn.cache_clear()
    use()
"""


def test_a_processor_whose_cores_nothing_lists_is_no_reason_to_warn(tmp_path):
    environment = {**os.environ, "PATH": str(tmp_path)}  # without the programs that joblib asks
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
