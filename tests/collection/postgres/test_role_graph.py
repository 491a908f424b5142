"""Which roles a role can act as, computed from memberships."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres.role_graph import Graph, Membership

NAMES = st.sampled_from([f"r{number}" for number in range(6)])
EDGES = st.lists(st.builds(Membership, NAMES, NAMES, st.booleans(), st.booleans(), st.booleans()), max_size=14)
SETS = st.frozensets(NAMES, max_size=2)


def graph(*edges: Membership, superusers: str = "", makers: str = "", roles: str = "") -> Graph:
    names = {name for edge in edges for name in (edge.role, edge.member)} | set(superusers.split()) | set(roles.split())
    return Graph(
        frozenset(superusers.split()), frozenset(makers.split()), frozenset(names | set(makers.split())), edges
    )


def test_a_chain_of_groups() -> None:
    found = graph(Membership("ops", "ann"), Membership("postgres", "ops"), superusers="postgres")
    assert found.direct("ann") == ["ops"]
    assert found.members_of_any("ann") == ["ops", "postgres"]
    assert found.reach("ann").superuser_by == ("ann", "ops", "postgres")
    assert found.reach("postgres").superuser_by == ("postgres",)
    assert found.reach("ops").usable == {"postgres"}


def test_a_membership_without_any_option_is_of_no_use() -> None:
    found = graph(Membership("postgres", "ann", inherit=False, set=False), superusers="postgres")
    assert found.members_of_any("ann") == ["postgres"]
    assert found.reach("ann").usable == frozenset()
    assert found.reach("ann").superuser_by == ()


def test_inherited_rights_of_a_superuser_count() -> None:
    found = graph(Membership("postgres", "ann", set=False), superusers="postgres")
    assert found.reach("ann").identities == {"ann"}
    assert found.reach("ann").superuser_by == ("ann", "postgres")


def test_rights_are_inherited_after_set_role_but_not_the_other_way_round() -> None:
    set_then_inherit = graph(Membership("b", "a", inherit=False), Membership("c", "b", set=False))
    assert set_then_inherit.reach("a").usable == {"b", "c"}
    inherit_then_set = graph(Membership("b", "a", set=False), Membership("c", "b", inherit=False))
    assert inherit_then_set.reach("a").usable == {"b"}


def test_who_administers_a_role_can_take_it_but_not_a_superuser() -> None:
    nothing = {"inherit": False, "set": False}
    edges = (Membership("ops", "ann", admin=True, **nothing), Membership("postgres", "ops"))
    assert graph(*edges, superusers="postgres").reach("ann").superuser_by == ("ann", "ops", "postgres")
    direct = graph(Membership("postgres", "ann", admin=True, **nothing), superusers="postgres")
    assert direct.reach("ann").superuser_by == ()


def test_createrole_before_16_grants_any_role_but_a_superuser() -> None:
    found = graph(Membership("postgres", "ops"), superusers="postgres", makers="ann", roles="pg_write_server_files")
    assert found.reach("ann").usable == {"ops", "postgres", "pg_write_server_files"}
    assert found.reach("ann").superuser_by == ("ann", "ops", "postgres")
    assert graph(superusers="postgres", makers="ann").reach("ann").superuser_by == ()


def test_cycles_and_memberships_of_roles_that_are_gone_do_no_harm() -> None:
    found = Graph(
        frozenset(), frozenset(), frozenset("ab"), [Membership("a", "b"), Membership("b", "a"), Membership("x", "a")]
    )
    assert found.members_of_any("a") == ["b"]
    assert found.reach("a").usable == {"b"}


@given(EDGES, SETS, SETS)
def test_more_memberships_never_take_anything_away(
    edges: list[Membership], superusers: frozenset, makers: frozenset
) -> None:
    roles = frozenset(f"r{number}" for number in range(6))
    less, more = (Graph(superusers, makers, roles, some) for some in (edges[1:], edges))
    for role in roles:
        assert less.reach(role).usable <= more.reach(role).usable
        assert less.reach(role).identities <= more.reach(role).identities
        assert bool(less.reach(role).superuser_by) <= bool(more.reach(role).superuser_by)


@given(EDGES, SETS, SETS)
def test_the_chain_begins_with_the_role_and_ends_with_a_superuser(
    edges: list[Membership], superusers: frozenset, makers: frozenset
) -> None:
    roles = frozenset(f"r{number}" for number in range(6))
    found = Graph(superusers, makers, roles, edges)
    for role in roles:
        reach = found.reach(role)
        assert bool(reach.superuser_by) == bool((reach.usable | {role}) & superusers)
        if reach.superuser_by:
            assert reach.superuser_by[0] == role
            assert reach.superuser_by[-1] in superusers
            assert len(set(reach.superuser_by)) == len(reach.superuser_by)
