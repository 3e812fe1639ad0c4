"""Pictures that can be opened."""

import io

import av


def picture(codec: str = "png", grey: int = 128, size: tuple[int, int] = (64, 48)) -> bytes:
    """One colour; `codec`: png, mjpeg or gif."""
    made = io.BytesIO()
    formats = {"png": ("rgb24", "image2pipe"), "mjpeg": ("yuvj420p", "image2pipe"), "gif": ("rgb8", "gif")}
    pixels, container = formats[codec]
    with av.open(made, "w", format=container) as target:
        stream = target.add_stream(codec, rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        frame = av.VideoFrame(*size, "rgb24")
        frame.planes[0].update(bytes([grey]) * frame.planes[0].buffer_size)
        target.mux(stream.encode(frame.reformat(format=pixels)))
        target.mux(stream.encode(None))
    return made.getvalue()


PNG, JPEG = picture(), picture("mjpeg")
