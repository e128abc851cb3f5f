"""Product pictures, drawn with skia. Needed only to make the boutique again; the extra `demo` brings it."""
