"""The spec: light, so that listing metrics stays fast."""

from iqcurate.spec import Direction, Input, MetricSpec, Range, Response

RMS_CONTRAST = MetricSpec(
    name="rms_contrast",
    version=1,
    title="RMS contrast: standard deviation of the grey values",
    direction=Direction.HIGHER,
    input=Input.GREY,
    function="iqcurate_contrast.kernel:rms_contrast",
    range=Range(0, 127.5, hard=True),
    min_size=(2, 2),
    licence="MIT",
    citation="Peli, Contrast in complex images, JOSA A 7(10), 1990",
    responses=(("blur", Response.WORSE), ("flip", Response.SAME)),
)
