#!/usr/bin/env bash
# What import makes of files that are far too large, far too many, or made to do harm: peak memory and time of each.
#
#     benches/import-monsters.sh [SCALE]        1 is the full size (a 3 GB export, 100,000 files), 0.01 a hundredth
#
# Builds what is shipped (profile dist) unless MRMS_BIN names a binary. Needs python3, and room for what it makes: about 8 GB
# at full size, below $TMPDIR.
set -euo pipefail
cd "$(dirname "$0")/.."
scale="${1:-1}"
mrms="${MRMS_BIN:-}"
if [ -z "$mrms" ]; then
    cargo build --profile dist --quiet -p mrms
    mrms="${CARGO_TARGET_DIR:-$PWD/target}/dist/mrms"
fi

folder="$(mktemp -d)"
export MRMS_HOME="$folder/home" MRMS_WORK_FACTOR=10 MRMS_PASSPHRASE_FILE="$folder/passphrase"
trap 'rm -rf "$folder"' EXIT
(umask 077 && head -c 24 /dev/urandom | base64 >"$folder/passphrase")

python3 - "$mrms" "$folder" "$scale" <<'PYTHON'
import json, os, random, shutil, struct, subprocess, sys, time, zipfile, zlib

mrms, folder, scale = sys.argv[1], sys.argv[2], float(sys.argv[3])
MEMORY = 256 * 1024  # KiB
random.seed(1)


def path(name):
    return os.path.join(folder, name)


# A process counts as its own peak what its parent had when it was started: a small one starts what is measured.
STARTER = """import resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as out:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=out)
sys.exit(status)"""


def new_home():
    """What comes after it is measured in an empty home."""
    shutil.rmtree(path("home"), ignore_errors=True)
    subprocess.run([mrms, "init"], check=True, stdout=subprocess.DEVNULL)


def measured(what, *names, expect=None, most=MEMORY):
    """Runs an import; prints and checks its peak memory, and returns the lines that it printed."""
    began = time.perf_counter()
    line = [sys.executable, "-c", STARTER, path("peak"), mrms, "--json", "import", *map(path, names)]
    child = subprocess.Popen(line, stdout=subprocess.PIPE)
    lines = [json.loads(line) for line in child.stdout]
    child.wait()
    took, total = time.perf_counter() - began, lines[-1]
    with open(path("peak")) as file:
        peak = int(file.read())
    print(f"{what}: {took:.1f} s, {peak / 1024:.0f} MiB, "
          f"{total['created']} created, {total['known']} known, {total['left_out']} left out, {total['failed']} failed", flush=True)
    assert peak < most, f"{what} took {peak} KiB"
    for key, value in (expect or {}).items():
        assert total[key] == value, (what, key, total)
    return lines


# An export of Apple Health: a document type that is no XML, control characters, gigabytes.
record = ('<Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" startDate="2026-0{}-1{} 08:00:00 +0200" '
          'value="{}"/>\n')
block = "".join(record.format(random.randint(1, 9), random.randint(0, 9), random.randint(50, 120)) for _ in range(8000)).encode()
with zipfile.ZipFile(path("apple.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
    with archive.open("apple_health_export/export.xml", "w", force_zip64=True) as out:
        out.write(b'<?xml version="1.0"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation)*)>\n'
                  b'<!ATTLIST broken\x0b>\n]>\n<HealthData locale="de"><ExportDate value="2026-05-04 11:30:00 +0200"/>\n')
        for _ in range(max(1, int(scale * 3e9 / len(block)))):
            out.write(block)
        out.write(b"</HealthData>")
    archive.writestr("apple_health_export/workout-routes/route.gpx", "<gpx/>")
new_home()
measured("Apple Health export", "apple.zip", expect={"created": 2})
measured("the same again", "apple.zip", expect={"created": 0, "known": 2})

# Small files, many; killed half way, and gone on with.
new_home()
count = max(50, int(100_000 * scale))
for number in range(count):
    some = "few" if number < count // 20 else "many"
    os.makedirs(path(some), exist_ok=True)
    with open(path(f"{some}/{number:06}.json"), "w") as out:
        json.dump({"resourceType": "Observation", "id": str(number), "code": {"text": f"Value {number}"}}, out)
began = time.perf_counter()
measured("a twentieth of the small files", "few", expect={"created": count // 20})
twentieth = time.perf_counter() - began
os.rename(path("few"), path("many/few"))
killed = subprocess.Popen([mrms, "--json", "import", path("many")], stdout=subprocess.PIPE)
time.sleep(10 * twentieth)
killed.kill()
killed.communicate()
lines = measured(f"{count} small files, after a kill", "many", expect={"failed": 0})
assert scale < 1 or min(lines[-1]["created"], lines[-1]["known"] - count // 20) > 0, "it was killed half way"
assert lines[-1]["created"] + lines[-1]["known"] == count, lines[-1]
assert len({line["record_id"] for line in lines[:-1]}) == count, "nothing twice, nothing lost"
listed = subprocess.run([mrms, "--json", "list"], check=True, stdout=subprocess.PIPE).stdout.count(b"\n")
assert listed == count, f"{listed} records are listed"
for line in random.sample(lines[:-1], 20):
    opened = subprocess.run([mrms, "access", line["record_id"], "-o", "-"], check=True, stdout=subprocess.PIPE).stdout
    with open(line["file"], "rb") as file:
        assert opened == file.read(), "byte for byte"

# The list of what is there is what one more takes memory for.
with open(path("one.json"), "w") as out:
    json.dump({"resourceType": "Observation", "id": "one", "code": {"text": "One more"}}, out)
measured(f"one more beside {count} records", "one.json", expect={"created": 1}, most=2 * MEMORY)

# Bombs: one long run of zeros, archives in archives, one body under many names.
new_home()
with zipfile.ZipFile(path("zeros.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    with archive.open("zeros.bin", "w", force_zip64=True) as out:
        for _ in range(max(3, int(64 * scale))):
            out.write(bytes(1 << 26))
measured("a bomb of zeros", "zeros.zip", expect={"created": 0, "left_out": 1})
# Each level has the one before it four times: 4,096 times 64 MiB of zeros in the end, in a file of 270 MB.
with zipfile.ZipFile(path("level.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    archive.writestr("zeros.bin", bytes(max(1 << 20, int((1 << 26) * scale))))
inner = path("level.zip")
for level in range(6):
    outer = path(f"level{level}.zip")
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_STORED) as archive:
        for copy in range(4):
            archive.write(inner, f"{level}-{copy}.zip")
    os.remove(inner)
    inner = outer
measured("archives in archives", "level5.zip")

# A disc: scans without extension, an index, a program to look at them.
os.makedirs(path("disc/IMAGES"))
element = lambda group, number, kind, value: struct.pack("<HH2sH", group, number, kind, len(value)) + value
even = lambda text: (text + " " * (len(text) % 2)).encode()
for number in range(max(20, int(2000 * scale))):
    with open(path(f"disc/IMAGES/I{number:04}"), "wb") as out:
        pixels = bytes(random.getrandbits(8) for _ in range(64)) * 8192
        out.write(bytes(128) + b"DICM" + element(8, 0x60, b"CS", b"CT") + element(0x20, 0x0D, b"UI", even(f"1.2.{number % 3}"))
                  + element(0x20, 0x13, b"IS", even(str(number))) + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, len(pixels)) + pixels)
for name, content in [("DICOMDIR", b"index"), ("AUTORUN.INF", b"[autorun]"), ("VIEWER.EXE", b"MZ"), ("LIB.DLL", b"MZ")]:
    with open(path(f"disc/{name}"), "wb") as out:
        out.write(content)
measured("a disc with scans", "disc", expect={"created": 3, "left_out": 4})
measured("the same again", "disc", expect={"created": 0, "known": 3})

# Names in code page 437, written by hand: no library does it any more.
name, body = "Entlassung M\x81ller.txt".encode("latin-1"), b"words"
fields = struct.pack("<HHHHHIIIHH", 10, 0, 0, 0, 33, zlib.crc32(body), len(body), len(body), len(name), 0)
local = b"PK\x03\x04" + fields + name + body
central = b"PK\x01\x02\x0a\x00" + fields + bytes(10) + struct.pack("<I", 0) + name
with open(path("old.zip"), "wb") as out:
    out.write(local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0))
lines = measured("a name in code page 437", "old.zip", expect={"created": 1})
assert "Entlassung Müller.txt" in lines[0]["file"], lines[0]
PYTHON
