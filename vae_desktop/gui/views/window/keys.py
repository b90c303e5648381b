"""The keys of the window: what its help lists, and the README in the same words."""

from vae_desktop.language import N_

KEYS = (
    (N_("Ctrl+T, Ctrl+Shift+T"), N_("train a new model; continue the one on screen")),
    (N_("Ctrl+P, Ctrl+Shift+P, Ctrl+."), N_("pause or resume; one training step, then wait; stop")),
    (N_("arrow keys in the latent space"), N_("move the current point")),
    (
        N_("Space, F, Z in the latent space"),
        N_("show the image behind the point; fit all codes; zoom to its posterior"),
    ),
    (N_("wheel, Shift-drag"), N_("zoom; pan")),
    (
        N_("arrow keys, Page Up, Page Down, Home, End in the timeline"),
        N_("to the next kept step; the next change or the best; the first; now"),
    ),
    (N_("Space in the timeline"), N_("play the kept steps; pause")),
    (N_("Ctrl-drag, Ctrl+Shift+L, Ctrl+A"), N_("select codes: around them, with the lasso (Esc ends it), all")),
    (N_("Ctrl+R, Ctrl+0"), N_("randomise the point; back to the middle")),
    (N_("L on a slider, Down on Randomise"), N_("lock or unlock the coordinate; temperature and reset")),
    (N_("Ctrl+1 … Ctrl+6"), N_("points, posterior, prior, density, decoded manifold, holes")),
    (N_("Alt+1, Alt+2, Alt+3, Alt+4"), N_("codes; grid; both; codes and the formulas of one image")),
    (N_("F2, F3"), N_("playground; compare")),
    (N_("F4, Shift+F4"), N_("lab; setup")),
    (N_("Alt+Right, Alt+Left, Alt+S in the lab"), N_("next step; the one before; show me")),
    (N_("Shift+F5, F5, Shift+F6, F6, F7, F8"), N_("images; samples; words; path; one image; denoise")),
    (N_("Shift, Ctrl+A, Enter, Ctrl+Z in Images"), N_("choose more; all; go to the code; undo an exclusion")),
    (N_("Ctrl+L"), N_("losses on a logarithmic axis")),
    (N_("right click in the curves"), N_("logarithmic axis, gradient, spikes, fit")),
    (N_("Ctrl+M"), N_("measure the model")),
    (N_("Del, Ctrl+Z in Runs"), N_("take a model off the list; bring it back")),
    (N_("Del in Path"), N_("take the chosen anchor away")),
    (N_("Ctrl+Z, Ctrl+Shift+Z, Ctrl+V, Del on the drawing pad"), N_("undo a stroke; redo it; paste an image; clear")),
    (N_("Enter, Esc in a field"), N_("apply what is typed; take it back")),
    (N_("Ctrl+O, Ctrl+Shift+O"), N_("open a model; a folder of images")),
    (N_("Ctrl+S, Ctrl+Shift+S, Ctrl+E"), N_("save; save under another name; export the codes")),
    (N_("F1, Shift+F1, Ctrl+Q"), N_("keys; glossary; quit")),
)
