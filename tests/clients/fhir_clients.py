"""Python's FHIR clients, unmodified, against `mrms fhir`. fhir-face.test.mjs starts it.

FHIR_URL, FHIR_TOKEN: the face. FHIR_PATIENT: somebody who shared records 123 and 124 with it.
"""

import asyncio
import os

import fhirclient.client
import fhirclient.models.documentreference as documentreference
import fhirclient.models.patient as patient
from fhir_pyrate import Ahoy, Pirate
from fhirclient.server import FHIRNotFoundException
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound
from pyrofile_validator.api_testing import ApiTestOptions, ApiTestStatus, run_api_tests
from pyrofile_validator.config import ValidatorConfig

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


def with_pyrate():
    """What researchers take tables out of a FHIR server with."""
    search = Pirate(auth=Ahoy(auth_type="token", token=TOKEN, auth_method=None), base_url=URL, num_processes=1)
    documents = search.steal_bundles_to_dataframe(
        resource_type="DocumentReference", request_params={"patient": PATIENT, "_count": "1"}, fhir_paths=["id", "subject.reference"]
    )
    assert sorted(documents["id"]) == ["123", "124"], documents
    assert set(documents["subject.reference"]) == {f"Patient/{PATIENT}"}, documents
    consents = search.trade_rows_for_dataframe(
        df=documents.assign(patient=PATIENT).head(1), resource_type="Consent", df_constraints={"patient": "patient"}, fhir_paths=["id", "status"]
    )
    assert "active" in set(consents["status"]), consents
    total = search.get_bundle_total("AuditEvent", {"patient": PATIENT})
    events = search.sail_through_search_space_to_dataframe(
        resource_type="AuditEvent", time_attribute_name="date", date_init="2020-01-01", date_end="2100-01-01",
        request_params={"patient": PATIENT}, fhir_paths=["id", "action"],
    )
    assert len(events) == total > 0, (len(events), total)


def with_pyrofile():
    """Its scenarios of R4's REST, for types that this program writes. Extensions that it does not know are allowed by R4."""
    config = ValidatorConfig(allow_unknown_extensions=True)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    client = SyncFHIRClient(URL, authorization=headers["Authorization"])
    for kind in ("DocumentReference", "Consent", "AuditEvent", "Provenance"):
        found = client.resources(kind).first()
        inputs = {"resourceType": kind, "resourceId": found["id"], "versionId": found["meta"]["versionId"]}
        options = ApiTestOptions(headers=headers, inputs=inputs)
        report = run_api_tests(URL, "base-r4", config=config, options=options)
        assert len(report.scenarios) == 8, [scenario.id for scenario in report.scenarios]
        failed = [one.to_dict() for one in report.scenarios if one.status is not ApiTestStatus.PASS]
        assert not failed, (kind, failed)


with_fhirclient()
with_fhirpy()
with_pyrate()
with_pyrofile()
asyncio.run(with_fhirpy_async())
