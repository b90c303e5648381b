"""The keys of the window: what its help lists, and the README in the same words."""

KEYS = (
    ("Ctrl+T, Ctrl+Shift+T", "train a new model; continue the one on screen"),
    ("Ctrl+P, Ctrl+.", "pause or resume; stop"),
    ("arrow keys in the latent space", "move the current point"),
    ("Space, F in the latent space", "show the image behind the point; fit all codes"),
    ("wheel, Shift-drag", "zoom; pan"),
    ("Ctrl-drag, Ctrl+Shift+L, Ctrl+A", "select codes: around them, with the lasso, all"),
    ("Ctrl+R, Ctrl+0", "randomise the point; back to the middle"),
    ("Ctrl+1 … Ctrl+6", "points, posterior, prior, density, decoded manifold, holes"),
    ("Alt+1, Alt+2, Alt+3", "codes; grid; both"),
    ("F2, F3", "playground; compare"),
    ("F5, F6, F7, F8", "samples; path; one image; denoise"),
    ("Ctrl+L", "losses on a logarithmic axis"),
    ("Ctrl+M", "measure the model"),
    ("Del, Ctrl+Z in Runs", "take a model off the list; bring it back"),
    ("Del in Path", "take the chosen anchor away"),
    ("Ctrl+Z, Ctrl+Shift+Z, Ctrl+V, Del on the drawing pad", "undo a stroke; redo it; paste an image; clear"),
    ("Enter, Esc in a field", "apply what is typed; take it back"),
    ("Ctrl+O, Ctrl+Shift+O", "open a model; a folder of images"),
    ("Ctrl+S, Ctrl+Shift+S", "save; save under another name"),
    ("F1, Shift+F1, Ctrl+Q", "keys; glossary; quit"),
)
