"""Python's FHIR clients, unmodified, against `mrms fhir`. fhir-face.test.mjs starts it.

FHIR_URL, FHIR_TOKEN: the face. FHIR_PATIENT: somebody who shared records 123 and 124 with it.
"""

import asyncio
import os

import fhirclient.client
import fhirclient.models.documentreference as documentreference
import fhirclient.models.patient as patient
from fhirclient.server import FHIRNotFoundException
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound

URL, TOKEN, PATIENT = (os.environ[name] for name in ("FHIR_URL", "FHIR_TOKEN", "FHIR_PATIENT"))


def with_fhirclient():
    """SMART's client: it has no settings for a token of one's own, so the session that it has gets the header."""
    smart = fhirclient.client.FHIRClient(settings={"app_id": "mrms-test", "api_base": URL + "/"})
    smart.server.session.headers["Authorization"] = f"Bearer {TOKEN}"
    assert patient.Patient.read(PATIENT, smart.server).id == PATIENT
    search = documentreference.DocumentReference.where(struct={"patient": PATIENT, "_count": "1"})
    found = list(search.perform_resources_iter(smart.server))
    assert sorted(one.id for one in found) == ["123", "124"], [one.id for one in found]
    try:
        patient.Patient.read("nobody", smart.server)
    except FHIRNotFoundException:
        pass
    else:
        raise AssertionError("nobody was found")


def with_fhirpy():
    client = SyncFHIRClient(URL, authorization=f"Bearer {TOKEN}")
    assert client.reference("Patient", PATIENT).to_resource()["id"] == PATIENT
    found = client.resources("DocumentReference").search(patient=PATIENT).limit(1).fetch_all()
    assert sorted(one["id"] for one in found) == ["123", "124"]
    assert client.resources("AuditEvent").search(patient=PATIENT, action="C").count() >= 1
    try:
        client.reference("Patient", "nobody").to_resource()
    except ResourceNotFound:
        pass
    else:
        raise AssertionError("nobody was found")


async def with_fhirpy_async():
    client = AsyncFHIRClient(URL, authorization=f"Bearer {TOKEN}")
    consents = await client.resources("Consent").search(status="active").fetch_all()
    assert len(consents) >= 2, consents


with_fhirclient()
with_fhirpy()
asyncio.run(with_fhirpy_async())
