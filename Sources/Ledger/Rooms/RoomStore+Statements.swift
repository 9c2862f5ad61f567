internal import Postgres

extension RoomStore {
  static let columns = """
    r.tenant_id, r.room_id, r.name, r.capacity, r.rate_per_second, r.session_seconds, \
    r.grace_seconds, r.opens_at, r.prequeue_shuffle, r.queueing, r.adaptive_rate::text as adaptive_rate, \
    r.target, r.bypass, r.generation, r.base, r.secrets, r.seed, r.drawn, r.version, r.created_at, \
    r.updated_at
    """

  static let insertStatement = Statement(
    "room_insert",
    """
    with room as (
      insert into spillway.rooms as r (tenant_id, room_id, name, capacity, rate_per_second,
        session_seconds, grace_seconds, opens_at, prequeue_shuffle, queueing, adaptive_rate, target,
        bypass, secrets, seed, commitment, created_by)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, array[$14::bytea], $15,
        sha256($15), $16)
      returning \(columns)
    ), progress as (
      insert into spillway.room_progress (room_id) select room_id from room
    )
    select * from room
    """)

  static let updateStatement = Statement(
    "room_update",
    """
    update spillway.rooms as r
       set name = $4, capacity = $5, rate_per_second = $6, session_seconds = $7, grace_seconds = $8,
           opens_at = $9, queueing = $10, adaptive_rate = $11, target = $12, bypass = $13,
           version = version + 1, updated_at = now()
     where tenant_id = $1 and room_id = $2 and version = $3
    returning \(columns)
    """)

  // All numbers given so far lie below the progress' next number.
  static let revokeStatement = Statement(
    "room_revoke",
    """
    update spillway.rooms as r
       set generation = generation + 1, base = greatest(r.base, p.next_number - 1), drawn = null,
           drawn_at = null, seed = $3, commitment = sha256($3), version = version + 1,
           updated_at = now()
      from spillway.room_progress p
     where r.tenant_id = $1 and r.room_id = $2 and p.room_id = r.room_id
    returning \(columns)
    """)

  static let findStatement = Statement(
    "room_find", "select \(columns) from spillway.rooms r where tenant_id = $1 and room_id = $2")

  static let listStatement = Statement(
    "room_list",
    """
    select \(columns) from spillway.rooms r where tenant_id = $1 and room_id < $2
    order by room_id desc limit $3
    """)

  static let existsStatement = Statement(
    "room_exists", "select from spillway.rooms where tenant_id = $1 and room_id = $2")
}
