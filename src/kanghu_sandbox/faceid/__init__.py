"""Tencent Cloud FaceID, as far as the outside sees it. No face is looked at: a person presses what the service would find."""
