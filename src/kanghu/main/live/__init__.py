"""Live updates to open pages: `hub` hears and passes on, `stream` is one page's line, `endpoints` the route."""
