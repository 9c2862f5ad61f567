internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// Finds users' coupons: in the ledger, or in a cell, from where they are on their way into it.
/// Loop-confined.
struct CouponFinder {
  /// How long a coupon that a cell has issued may take into the ledger before whoever asks for it is
  /// told to come again.
  static let arrivalLimit: UInt64 = 3_000
  private static let firstPause = Duration.milliseconds(5)
  private static let longestPause = Duration.milliseconds(80)

  let store: CouponStore
  let cells: CellDirectory
  let loop: EventLoop

  /// A user's coupon; nil when there is no such coupon, or it is somebody else's.
  func find(
    _ id: Identifier, of tenant: TenantID, user: UserID
  ) async throws(CheckoutService.Refusal) -> CouponStore.Held? {
    if let held = try await recorded(id, of: tenant, user: user) { return held }
    guard try await isIssued(id, of: tenant, to: user) else {
      // It may have come into the ledger between the two questions.
      return try await recorded(id, of: tenant, user: user)
    }
    let end = loop.milliseconds + Self.arrivalLimit
    var pause = Self.firstPause
    while loop.milliseconds < end {
      await loop.sleep(for: pause)
      if let held = try await recorded(id, of: tenant, user: user) { return held }
      pause = min(pause * 2, Self.longestPause)
    }
    throw .unavailable
  }

  private func recorded(
    _ id: Identifier, of tenant: TenantID, user: UserID
  ) async throws(CheckoutService.Refusal) -> CouponStore.Held? {
    do throws(PostgresError) {
      return try await store.find(id, of: tenant, user: user)
    } catch {
      throw .unavailable
    }
  }

  /// Whether a cell has issued the coupon to the user.
  private func isIssued(
    _ id: Identifier, of tenant: TenantID, to user: UserID
  ) async throws(CheckoutService.Refusal) -> Bool {
    let sources: [CouponStore.Source]
    do throws(PostgresError) {
      sources = try await store.sources(of: id, tenant: tenant)
    } catch {
      throw .unavailable
    }
    var isKnownEverywhere = true
    var looks: [CellLook] = []
    for source in sources {
      let cell = cells.runtime(of: source.cell)
      let look = await CellLook.whenRead(at: cell)
      looks.append(look)
      do throws(RedisError) {
        let held = try await HeldCoupons.read(
          of: user, campaign: source.campaign, keys: cell.keys, client: cell.client)
        if held.contains(where: { $0.id == id }) { return true }
        // Asked behind the look: what a wiped Redis does not have may be on its way into the ledger.
        if try await !look.isVouchedFor() { isKnownEverywhere = false }
      } catch {
        isKnownEverywhere = false
      }
    }
    guard isKnownEverywhere, await cells.vouches(for: looks, of: tenant) else {
      throw .unavailable
    }
    return false
  }
}
