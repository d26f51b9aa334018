"""Who is in train, validation and test. By system and by speaker; nothing in the test split is ever used to choose.

test   every Italian voice; the English Asterisk voice; two of the four VCTK speakers; the pairs of FastSpeech 2 with their human
       twins; FastSpeech + WaveGlow, WaveGrad; festival's HTS voices
valid  a fifth of the LibriSpeech readers and of the tortoise, VITS (Piper's too), Glow-TTS and Kokoro voices; a prompt set; the
       voices VALID_VOICES of the children's games; festival's diphone and unit-selection voices
train  all other
Copies by vocoders (copies.py) follow the split of the human clip they were made from.
"""

import hashlib

TEST_SYSTEMS = {"fastspeech2-hifigan", "fastspeech-waveglow", "wavegrad", "human-aishell3/libritts/lj", "human-asterisk-en", "festival-hts"}
TEST_SPEAKERS = {"vctk-p227", "vctk-p228"}
VALID_SYSTEMS = {"festival", "human-asterisk-ru"}
VALID_VOICES = {"klettres-he", "klettres-nl", "klettres-pt_BR", "klettres-da", "ktuberling-de", "ktuberling-sl", "ktuberling-pt",
                "ktuberling-da", "ktuberling-nl", "fillets-hs", "tuxpaint-el", "tuxpaint-da"}
SHARED = {"human-librispeech", "tortoise", "vits-mimic3", "glowtts-hifigan-larynx", "kokoro", "vits-piper"}


def fifth(speaker):
    """A fixed pseudo-random fifth of all names."""
    return int(hashlib.sha256(speaker.encode()).hexdigest(), 16) % 5 == 0


def split_of(row):
    if row["language"] == "it" or row["system"] in TEST_SYSTEMS or row["speaker"] in TEST_SPEAKERS:
        return "test"
    if row["system"] in VALID_SYSTEMS or row["speaker"] in VALID_VOICES:
        return "valid"
    if row["system"] in SHARED and fifth(row["speaker"]):
        return "valid"
    return "train"
