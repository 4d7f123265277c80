"""The sitter's hair, brows and lashes: strands grown over the head, gathered in locks, some flying away."""

from __future__ import annotations

import numpy as np
import scene_kit as kit
from face import EYE, EYE_RADIUS, almond, coat_field, head_field, scarf_field
from sdf import ellipsoid, gradient, join

PART = 0.018  # x of the parting
STEPS, STEP = 58, 0.0058  # points of a strand and metres between them
# Height where hair begins, by the angle around the head from the face.
HAIRLINE = np.array([[0.0, 0.45, 0.85, 1.25, 1.8, 3.15], [0.086, 0.082, 0.058, 0.016, -0.020, -0.060]])


def _body(p: np.ndarray) -> np.ndarray:
    """Signed distance to what hair lies on, and to the air in front of the face, which it keeps out of."""
    d = np.minimum(np.minimum(head_field(p), coat_field(p)), scarf_field(p))
    air = ellipsoid(p, (0.0, -0.098, -0.020), (0.064, 0.055, 0.105))
    return join(d, air, 0.010)


def _roots(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw n points (n, 3) on the scalp, above the hairline."""
    towards = rng.normal(size=(n * 3, 3)).astype(np.float32)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    origin = np.array([0, 0.014, 0.030], np.float32)
    reach = np.full((len(towards), 1), 0.16, np.float32)
    for _ in range(40):
        reach -= 0.8 * head_field(origin + towards * reach)[:, None]
    p = origin + towards * reach
    around = np.arctan2(np.abs(p[:, 0]), -(p[:, 1] - 0.014))
    ragged = rng.normal(0, 0.0025, len(p))
    return p[p[:, 2] > np.interp(around, *HAIRLINE) + ragged][:n]


def _grow(root: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grow guide strands (n, STEPS, 3): combed away from the parting, then hanging, outside the body."""
    side = np.where(root[:, :1] > PART, 1.0, -1.0).astype(np.float32)
    layer = (0.004 + 0.020 * rng.random((len(root), 1)) ** 1.3).astype(np.float32)
    way = gradient(head_field, root) * 0.9 + side * np.array([0.55, 0, 0]) + np.array([0, 0.15, 0.1])
    way = (way / np.linalg.norm(way, axis=1, keepdims=True)).astype(np.float32)
    p, path = root.copy(), [root.copy()]
    for k in range(1, STEPS):
        t = k / STEPS
        fall = np.concatenate([side * (0.55 - 0.75 * t), np.full_like(side, 0.16), np.full_like(side, -1.0)], 1)
        fall[:, 1] += np.where(p[:, 1] < -0.03, 0.45, -0.30 * (p[:, 2] < -0.05))
        if t > 0.62:  # the ends curl in, under the chin
            fall[:, 0] -= 0.5 * (t - 0.62) * np.sign(p[:, 0])
        way = 0.80 * way + 0.20 * fall / np.linalg.norm(fall, axis=1, keepdims=True)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        p = p + STEP * way
        thick = layer * min(1.0, 0.25 + 4 * t)
        inside = thick[:, 0] - _body(p)
        hit = inside > 0
        if hit.any():
            n = gradient(_body, p[hit])
            p[hit] += n * np.minimum(inside[hit], 0.010)[:, None]
            into = np.minimum((way[hit] * n).sum(1, keepdims=True), 0)
            way[hit] -= into * n
        path.append(p.copy())
    return np.stack(path, 1).astype(np.float32)


def _nearest(points: np.ndarray, others: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return indices and distances (n, k) of the k nearest `others` on the same side of the parting."""
    best = []
    for chunk in np.array_split(points, max(1, len(points) // 2000)):
        d = np.linalg.norm(chunk[:, None] - others[None], axis=-1)
        d += 1.0 * ((chunk[:, None, 0] > PART) != (others[None, :, 0] > PART))
        index = np.argpartition(d, k, axis=1)[:, :k]
        best.append((index, np.take_along_axis(d, index, 1)))
    return np.concatenate([b[0] for b in best]), np.concatenate([b[1] for b in best])


def _waves(path: np.ndarray, phase: np.ndarray, size: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Offset strands (n, k, 3) sideways in waves that grow from the root."""
    t = np.linspace(0, 1, path.shape[1], dtype=np.float32)[None]
    along = np.gradient(path, axis=1)
    out = path - np.array([0, 0.02, 0], np.float32)
    out[..., 2] *= 0.2
    across = np.cross(along, out)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-7)
    outward = np.cross(across, along)
    outward /= np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-7)
    grow = np.minimum(t * 2.2, 1.0) ** 1.5 * size[:, None]
    angle = 2 * np.pi * turns[:, None] * t + phase[:, None]
    return path + (grow * np.cos(angle))[..., None] * across + (0.6 * grow * np.sin(angle))[..., None] * outward


def _locks(rng: np.random.Generator, count: int) -> np.ndarray:
    """Fill the scalp: strands between the guides, drawn together into locks; (count, STEPS, 3)."""
    guides = _grow(_roots(rng, 900), rng)
    root = _roots(rng, count)
    index, distance = _nearest(root, guides[:, 0], 3)
    weight = 1 / (distance + 0.002) ** 2
    weight[distance > 0.9] = 0
    weight /= weight.sum(1, keepdims=True)
    path = root[:, None] + np.einsum("nk,nksc->nsc", weight, guides[index] - guides[index][:, :, :1])
    heads = rng.choice(len(path), 420, replace=False)
    lock = _nearest(root, root[heads], 1)[0][:, 0]
    phase, turns = rng.uniform(0, 2 * np.pi, 420), rng.uniform(2.0, 3.2, 420)
    t = np.linspace(0, 1, STEPS, dtype=np.float32)[None, :, None]
    pull = 0.72 * np.minimum(t * 1.6, 1) ** 1.2 * rng.uniform(0.75, 1.0, (count, 1, 1))
    path = path + (path[heads][lock] - path) * pull
    path = _waves(path, phase[lock] + rng.normal(0, 0.25, count), np.full(count, 0.0100), turns[lock])
    spread = rng.normal(0, 0.0022, (count, 1, 3)) * (0.3 + t)
    return path + spread


def _flyaways(rng: np.random.Generator, locks: np.ndarray, count: int) -> np.ndarray:
    """Loosen `count` strands from the locks: they lift off and wander."""
    path = locks[rng.choice(len(locks), count)].copy()
    t = np.linspace(0, 1, STEPS)[None, :, None]
    out = path - np.array([0, 0.02, -0.02])
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    path += (
        out
        * rng.gamma(1.6, 0.0065, (count, 1, 1))
        * np.sin(np.pi * np.minimum(t * rng.uniform(0.6, 1.6, (count, 1, 1)), 1))
    )
    for turns in (1, 2, 3):
        phase, way = rng.uniform(0, 2 * np.pi, (count, 1, 1)), rng.normal(0, 0.0042 / turns, (count, 1, 3))
        path += way * np.sin(2 * np.pi * turns * t + phase) * np.minimum(4 * t, 1)
    return path


def _on_face(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Points (n, 3) of the face seen from the front at (x, z)."""
    p = np.stack([x, np.full_like(x, -0.15), z], -1).astype(np.float32)
    for _ in range(60):
        p[:, 1] += 0.6 * head_field(p)
    return p


def _brows(rng: np.random.Generator) -> np.ndarray:
    """Two brows of short hairs that lie on the skin."""
    n, k = 420, 7
    u = rng.random(n)
    thick = 0.0026 * np.interp(u, [0, 0.15, 0.6, 1], [0.7, 1.0, 0.8, 0.15])
    x = 0.0130 + 0.0345 * u
    z = 0.0225 + 0.0060 * np.sin(np.pi * (0.12 + 0.80 * u)) - 0.002 * u + rng.uniform(-1, 1, n) * thick
    root = _on_face(x, z)
    lean = np.stack([0.6 + 0.5 * u, np.zeros(n), 0.9 - 1.25 * u], -1) + rng.normal(0, 0.12, (n, 3))
    normal = gradient(head_field, root)
    lean -= (lean * normal).sum(1, keepdims=True) * normal
    t = np.linspace(0, 1, k)[None, :, None]
    path = root[:, None] + 0.0072 * t * lean[:, None] + 0.0022 * np.sin(np.pi * t) * normal[:, None]
    return np.concatenate([path, path * [-1, 1, 1]])


def _lashes(rng: np.random.Generator) -> np.ndarray:
    """Upper and lower lashes from the rims of the lids."""
    paths, k = [], 8
    t = np.linspace(0, 1, k)[None, :, None]
    for n, upper in ((150, True), (70, False)):
        x = rng.uniform(-0.0135, 0.0145, n)
        heights = np.linspace(-0.012, 0.014, 400)
        grid = np.stack(np.broadcast_arrays(x[:, None] + EYE[0], 0.0, heights[None] + EYE[2]), -1)
        open_ = almond(grid) < 0
        edge = np.where(open_, heights[None], -1 if upper else 1)
        z = edge.max(1) if upper else edge.min(1)
        keep = open_.any(1)
        x, z, n = x[keep], z[keep], int(keep.sum())
        y = -np.sqrt(np.maximum((EYE_RADIUS + 0.0012) ** 2 - x**2 - z**2, 1e-6))
        root = EYE + np.stack([x, y, z], -1)
        way = np.stack([x * 26, np.full(n, -0.8), np.full(n, -0.15 if upper else -0.45)], -1) + rng.normal(
            0, 0.1, (n, 3)
        )
        curl = np.stack([x * 14, np.full(n, -0.1), np.full(n, 0.95 if upper else -0.15)], -1)
        long = rng.uniform(0.0055, 0.0085, (n, 1, 1)) * (1.0 if upper else 0.45)
        paths.append(root[:, None] + long * (t * way[:, None] + t**1.8 * 0.75 * curl[:, None]))
    path = np.concatenate(paths)
    return np.concatenate([path, path * [-1, 1, 1]])


def _fibre(name: str, colour, mattes: tuple[str, ...]):
    """Return a hair material of about the given linear colour."""
    nodes = kit.Nodes(name, mattes)
    fibre = nodes.add("BsdfHairPrincipled")
    fibre.parametrization = "COLOR"
    for key, value in (("Color", (*colour, 1.0)), ("Roughness", 0.28), ("Radial Roughness", 0.45)):
        fibre.inputs[key].default_value = value
    output = nodes.tree.nodes["Material Output"]
    nodes.tree.links.new(fibre.outputs[0], output.inputs["Surface"])
    return nodes.material


def _taper(path: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    t = np.linspace(0, 1, path.shape[1])[None]
    return radius * rng.uniform(0.7, 1.2, (len(path), 1)) * (1 - 0.75 * t**2)


def build_hair(rng: np.random.Generator, count: int = 42000) -> list:
    """Grow everything; returns the linked objects, in head coordinates."""
    brown = [
        _fibre(f"hair {i}", c, ("subject", "hair"))
        for i, c in enumerate([(0.105, 0.042, 0.018), (0.160, 0.068, 0.028), (0.060, 0.024, 0.011)])
    ]
    dark = _fibre("lashes", (0.012, 0.008, 0.006), ("subject",))
    soft = _fibre("brows", (0.050, 0.024, 0.013), ("subject",))
    locks = _locks(rng, count)
    locks, loose = locks[:, ::2], _flyaways(rng, locks, 1100)[:, ::2]  # fine enough to draw with
    shade = rng.choice(3, len(locks), p=[0.55, 0.20, 0.25])
    parts = [
        kit.strands(f"hair {i}", locks[shade == i], _taper(locks[shade == i], 1.0e-4, rng), brown[i]) for i in range(3)
    ]
    parts.append(kit.strands("flyaways", loose, _taper(loose, 0.75e-4, rng), brown[1]))
    brows, lashes = _brows(rng), _lashes(rng)
    parts.append(kit.strands("brows", brows, _taper(brows, 0.9e-4, rng), soft))
    parts.append(kit.strands("lashes", lashes, _taper(lashes, 1.3e-4, rng), dark))
    return parts
