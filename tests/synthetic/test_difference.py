"""What the demonstration rests on: a classifier tells the printers apart until blur hides them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.feature import hog
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from iqcurate.synthetic.dataset import make_images


def features(path):
    with Image.open(path) as image:
        return hog(image.resize((128, 128)), 9, (16, 16), (2, 2), channel_axis=-1)


@pytest.mark.slow
def test_a_linear_probe_is_right_on_clear_photos_and_guesses_on_blurred_ones(tmp_path):
    made = pd.read_csv(make_images(tmp_path, 240, 1)["D3"])
    values = np.array([features(tmp_path / "D3" / path) for path in made.path])
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=1000))
    with threadpool_limits(1):  # several threads are slower for matrices of this size
        found = cross_val_predict(probe, values, made.label, groups=made.group, cv=GroupKFold(5))
    right, spread = found == made.label, np.hypot(2 * made.defocus, made.motion)
    assert right[spread < 3].mean() > 0.9
    assert right[spread > 12].mean() < 0.7
    assert 0.78 < right.mean() < 0.93
    assert (~right).sum() >= 30
