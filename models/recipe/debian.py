"""Human speech from Debian packages, unpacked (not installed) with `dpkg -x PACKAGE.deb FOLDER/PACKAGE`.

Yields (samples, fields). A speaker is one voice as well as the package tells it: an Asterisk prompt set and a language
of KLettres, KTuberling or Tux Paint is one person; in Fish Fillets the role is in the file's name.
"""

import tempfile
from pathlib import Path

import numpy as np
import soundfile

from speech import decode, resample

ASTERISK = ("en", "es", "fr", "it", "ru")
SKIP = ("beep", "silence", "tone", "ring")


def _raw_set(files, bytes_per_block, samples_per_block, form, rate):
    """Decodes headerless files of one codec in a single run (they are joined, then cut by their lengths)."""
    with tempfile.NamedTemporaryFile() as joined:
        joined.writelines(f.read_bytes()[:f.stat().st_size // bytes_per_block * bytes_per_block] for f in files)
        joined.flush()
        wave = decode(joined.name, ["-f", form])
    at = 0
    for file in files:
        count = file.stat().st_size // bytes_per_block * samples_per_block * 16_000 // rate
        yield file, wave[at:at + count]
        at += count


def _read(path):
    try:
        data, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        return decode(path)
    return resample(np.mean(data, axis=1), rate, 16_000)


def asterisk(root):
    for language in ASTERISK:
        folder = root / f"asterisk-core-sounds-{language}-g722"
        files = [f for f in sorted(folder.rglob("*.g722")) if not any(s in str(f) for s in SKIP)]
        for file, wave in _raw_set(files, 1, 2, "g722", 16_000) if files else ():
            yield wave, dict(system=f"human-asterisk-{language}", speaker=f"asterisk-{language}", language=language,
                             licence="CC BY-SA 3.0", source=f"asterisk-core-sounds-{language}-g722:{file.stem}")
    for package, folder, system, speaker in (("asterisk-prompt-fr-armelle", "", "human-armelle-fr", "armelle"),
                                             ("asterisk-prompt-es-co", "usr/share/asterisk/sounds/es", "human-asterisk-es-co", "asterisk-es-co")):
        files = sorted((root / package / folder).rglob("*.gsm"))
        for file, wave in _raw_set(files, 33, 160, "gsm", 8_000) if files else ():
            yield wave, dict(system=system, speaker=speaker, language=package.split("-")[2], licence="GPL-2+", source=f"{package}:{file.stem}")
    for file in sorted((root / "asterisk-prompt-it-menardi-wav").rglob("*.wav")):
        yield _read(file), dict(system="human-menardi-it", speaker="menardi", language="it", licence="GPL-2+",
                                source=f"asterisk-prompt-it-menardi-wav:{file.stem}")


def games(root):
    for file in sorted((root / "klettres-data").rglob("*.ogg")):
        language = file.parts[file.parts.index("klettres") + 1]
        yield _read(file), dict(system="human-klettres", speaker=f"klettres-{language}", language=language[:2],
                                licence="GPL-2+", source=f"klettres-data:{language}/{file.stem}")
    for file in sorted((root / "ktuberling-data").rglob("*")):
        if file.suffix not in (".ogg", ".wav", ".opus") or "sounds" not in file.parts or file.is_symlink():
            continue
        language = file.parts[file.parts.index("sounds") + 1]
        yield _read(file), dict(system="human-ktuberling", speaker=f"ktuberling-{language}", language=language[:2],
                                licence="GPL-2+", source=f"ktuberling-data:{language}/{file.stem}")
    for language, voices in (("cs", "fillets"), ("nl", "fillets-nl")):
        for file in sorted((root / f"fillets-ng-data-{language}").rglob("*.ogg")):
            role = file.stem.split("-")[1] if file.stem.count("-") > 1 else "other"
            yield _read(file), dict(system=f"human-fillets-{language}", speaker=f"{voices}-{role}", language=language,
                                    licence="GPL-2", source=f"fillets-ng-data-{language}:{file.stem}")


def stamps(root):
    """What Tux Paint says of its stamps, `NAME_desc_LANGUAGE.ogg`; a recording under two names counts once."""
    heard = set()
    for file in sorted((root / "tuxpaint-stamps-default").rglob("*_desc_*.ogg")):
        language, recording = file.stem.split("_desc_")[1][:2], file.read_bytes()
        if recording not in heard:
            heard.add(recording)
            yield _read(file), dict(system="human-tuxpaint", speaker=f"tuxpaint-{language}", language=language, licence="GPL-2",
                                    source=f"tuxpaint-stamps-default:{file.stem}")


def read_packages(root):
    """All of the above for the folder that holds the unpacked packages."""
    yield from asterisk(Path(root))
    yield from games(Path(root))
    yield from stamps(Path(root))
