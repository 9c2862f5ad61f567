internal import Postgres

extension CellStore {
  static let listStatement = Statement(
    "cell_list", "select \(CellRecord.columns) from spillway.cells order by cell")

  static let tenantListStatement = Statement(
    "cell_list_tenant",
    """
    select \(CellRecord.columns) from spillway.cells where tenant_id = $1 and cell > $2
    order by cell limit $3
    """)

  static let findStatement = Statement(
    "cell_find", "select \(CellRecord.columns) from spillway.cells where cell = $1")

  static let keySaltStatement = Statement(
    unprepared: """
      select t.key_salt from spillway.tenants t join spillway.cells c using (tenant_id)
       where c.cell = $1
      """)

  // A row that somebody has locked is a cell that somebody works on.
  static let acquireStatement = Statement(
    "cell_acquire",
    """
    update spillway.cells
       set reconciler = $1,
           reconciler_until = clock_timestamp() + $2::bigint * interval '1 millisecond'
     where cell in (
       select cell from spillway.cells
        where reconciler is null or reconciler_until < clock_timestamp()
        order by cell limit $3 for update skip locked)
    returning \(CellRecord.columns)
    """)

  static let seizeStatement = Statement(
    "cell_seize",
    """
    update spillway.cells
       set reconciler = $2,
           reconciler_until = clock_timestamp() + $3::bigint * interval '1 millisecond'
     where cell = $1
    returning \(CellRecord.columns)
    """)

  static let renewStatement = Statement(
    "cell_renew",
    """
    update spillway.cells
       set reconciler_until = clock_timestamp() + $3::bigint * interval '1 millisecond'
     where cell = $1 and reconciler = $2
    returning \(CellRecord.columns)
    """)

  // A row that somebody has locked is not waited for: facts that are being taken are a sign of life too, and
  // the other cells' must not come late.
  static let renewTogetherStatement = Statement(
    "cell_renew_together",
    """
    update spillway.cells
       set reconciler_until = clock_timestamp() + $3::bigint * interval '1 millisecond'
     where cell in (
       select cell from spillway.cells where cell = any($1) and reconciler = $2
        order by cell for no key update skip locked)
    returning \(CellRecord.columns)
    """)

  static let releaseStatement = Statement(
    "cell_release",
    """
    update spillway.cells set reconciler = null, reconciler_until = '-infinity'
     where reconciler = $1 and ($2::text is null or cell = $2)
    """)

  static let openStatement = Statement(
    "cell_open",
    """
    update spillway.cells
       set epoch = greatest(epoch, $3::bigint) + 1, run_id = $4, closed_because = null,
           halted = false,
           reconciler_until = clock_timestamp() + $5::bigint * interval '1 millisecond'
     where cell = $1 and reconciler = $2
    returning \(CellRecord.columns)
    """)

  static let closeStatement = Statement(
    "cell_close",
    """
    update spillway.cells
       set closed_because = $3, halted = halted or $4,
           reconciler_until = clock_timestamp() + $5::bigint * interval '1 millisecond'
     where cell = $1 and reconciler = $2
    returning \(CellRecord.columns)
    """)

  static let cellsWithCommandsStatement = Statement(
    "cell_with_commands",
    "select distinct cell from spillway.cell_commands where applied_at is null")

  static let commandsStatement = Statement(
    "cell_commands",
    """
    select c.command_id, c.kind, s.subject
      from (
        select w.*, sum(cardinality(w.subjects)) over (order by w.command_id) as upto
          from (
            select command_id, kind, coalesce(subjects, array[subject]) as subjects
              from spillway.cell_commands
             where cell = $1 and applied_at is null order by command_id limit $2) w) c
      cross join lateral unnest(c.subjects) s (subject)
     where c.upto - cardinality(c.subjects) < $2
     order by c.command_id
    """)

  // Only the holder marks: what a former one believes to have applied is applied again.
  static let markStatement = Statement(
    "cell_commands_applied",
    """
    update spillway.cell_commands set applied_at = clock_timestamp()
     where command_id = any($1) and cell = $2 and exists (
       select from spillway.cells where cell = $2 and reconciler = $3)
    """)

  static let forgetStatement = Statement(
    "cell_commands_forget", "select spillway.forget_commands($1, $2)")

  /// Moves the cursor and takes coupons.
  private static let applyCoupons = """
    spillway.apply_coupon_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    """

  static let applyStatement = Statement("apply_coupon_facts", "select \(applyCoupons)")

  // Stock waits for the coupons' answer: only who moved the cursor may go on.
  static let applyAllStatement = Statement(
    "apply_facts",
    """
    with moved as materialized (select \(applyCoupons) as added)
    select case when added < 0 then -1 else added + spillway.apply_stock_facts($1, $16, $17, $18, $19,
      $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38,
      $39) end
      from moved
    """)
}
