"""US-H1: the personalised list in the vendor's own codes, with the person's data set."""

from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import demo_vendor, staff

NAMES = {"item_code", "name", "category", "optional", "standard_code", "reason"}


def items_of(platform: Platform, vendor: Vendor, place: int = 0) -> list[dict[str, object]]:
    customer = platform.customer(place=place)
    envelope = vendor.push("checklist-queries", {"exam_account": customer["exam_account"]})
    assert envelope["accepted"]
    assert envelope["messages"] == []
    found: list[dict[str, object]] = envelope["data"]["items"]
    return found


def test_the_list_stands_in_vendor_codes(platform: Platform, vendor: Vendor) -> None:
    customer = platform.customer()
    envelope = vendor.push("checklist-queries", {"exam_account": customer["exam_account"]})
    assert envelope["data"]["person"] == customer["person"]
    items = envelope["data"]["items"]
    assert len(items) > 10
    known = staff(platform, "it_staff").get(
        f"/api/admin/catalog/vendors/{demo_vendor(platform)}/items",
        params={"limit": 200, "status": "confirmed"},
    )
    sexes = ("", customer["person"]["sex"])
    mapping = {
        item["code"]: item["item_code"] for item in known.json()["items"] if item["sex_limit"] in sexes
    }
    coded = [item for item in items if item["item_code"]]
    assert len(coded) > len(items) / 2
    for item in items:
        assert set(item) <= NAMES
        assert item["name"]
        assert item["category"]
        assert isinstance(item["optional"], bool)
        assert item["standard_code"]
    for item in coded:
        assert mapping[item["item_code"]] == item["standard_code"]
    for item in items:
        if not item["item_code"]:
            assert item["standard_code"] not in mapping.values(), (
                "left open only what is not mapped for this sex"
            )


def test_reasons_say_why(platform: Platform, vendor: Vendor) -> None:
    reasons = [str(item.get("reason", "")) for item in items_of(platform, vendor)]
    assert all(reasons)
    assert len(set(reasons)) > 2, "not one sentence for everything"


def test_asking_again_gives_the_same_list(platform: Platform, vendor: Vendor) -> None:
    assert items_of(platform, vendor) == items_of(platform, vendor)


def test_two_people_get_lists_of_their_own(platform: Platform, vendor: Vendor) -> None:
    man, woman = items_of(platform, vendor, 0), items_of(platform, vendor, 1)
    assert [item["standard_code"] for item in man] != [item["standard_code"] for item in woman]


def test_a_list_without_an_account_is_refused(vendor: Vendor) -> None:
    assert vendor.post("/open/v1/exam/checklist-queries", {}).status_code == 422
