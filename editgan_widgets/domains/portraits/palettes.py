"""Further colours of the portraits' parts: the "safe" palette for colour-blind users (see palettes.py).

Found by a search over the 216 colours with six levels per channel: parts that share a border in samples of both
models differ by at least SAFE_DISTANCE for all four kinds of vision, and each colour is as close to the part's own as
possible.
"""

_SAFE_ROWS = """
background #ffffff
skin #ffcc99
neck #9933cc
clothes #669999
hair #663300
left ear #9999cc
right ear #999999
left brow #003333
right brow #339999
left eyelid #6633ff
right eyelid #990033
left sclera #cccccc
right sclera #00ffcc
left iris #996666
right iris #6666ff
nose #333333
nostrils #996600
upper lip #cc3333
lower lip #ccffff
teeth #ffff99
mouth #330033
beard #336666
cheek #cc6633
chin #ff0033
jaw #9999ff
forehead #999900
temple #9900cc
frown #006666
wrinkles #660000
philtrum #009999
moustache #ccccff
sideburns #000000
commissure #996699
bridge #993300
nose tip #ff9900
ala of nose #666699
left helix #cc3366
right helix #ffcc00
left lobule #00ff33
right lobule #99ff00
left lower lid #330066
right lower lid #cc6666
left lashes #330000
right lashes #003366
left pupil #003300
right pupil #003399
left tear duct #663333
right tear duct #9966cc
glasses #66ffff
"""
SAFE = {row[:-8]: row[-7:] for row in _SAFE_ROWS.strip().splitlines()}
PALETTES = {"safe": SAFE}
