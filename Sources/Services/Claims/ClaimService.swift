public import Domain
internal import EventLoop
public import HotPath
internal import Redis
internal import Telemetry

/// Claims of coupons: what a node can answer by itself, and the rest through the cell. Loop-confined.
public final class ClaimService {
  private let cells: CellDirectory
  private let loop: EventLoop
  private let logger: Logger

  init(cells: CellDirectory, loop: EventLoop, logger: Logger) {
    self.cells = cells
    self.loop = loop
    self.logger = logger
  }

  /// True when this node knows, without asking, that nothing is left for `user`.
  ///
  /// - Parameter isClaim: whether what is not known has the user's claim decided by the cell, which then says
  ///   again whether anything is left.
  @inline(__always)
  public func isSoldOut(_ entry: CampaignEntry, for user: UserID, isClaim: Bool = true) -> Bool {
    guard entry.cell.lease.isOpen, entry.hot.soldOut.isKnown else { return false }
    var text = user.description
    return text.withUTF8 {
      entry.hot.soldOut.refuses(
        UnsafeRawBufferPointer($0), now: loop.milliseconds, confirms: isClaim)
    }
  }

  /// What the cell is known to answer, where its rate policy refuses; nil when it has to be asked. A closed cell
  /// refuses nothing.
  @inline(__always)
  public func knownRefusal(_ entry: CampaignEntry, _ user: String) -> RateWait? {
    guard let rate = entry.rate, entry.cell.lease.isOpen else { return nil }
    return rate.refusal(of: user, now: EventLoop.nanoseconds())
  }

  /// Has the cell decide; `operation` is told later, or at once if the cell takes no claims.
  @inline(__always)
  public func claim(_ entry: CampaignEntry, _ operation: ClaimOperation) {
    entry.cell.claims.submit(operation)
  }

  /// Whether the campaign's cell has ever granted the user a coupon; nil while that cannot be said, be it
  /// that the cell may have lost what it granted, and not yet got it back.
  public func hasGranted(_ entry: CampaignEntry, to user: UserID) async -> Bool? {
    let look = await CellLook.whenRead(at: entry.cell)
    do throws(RedisError) {
      let isFound = try await HeldCoupons.hasAny(
        user, campaign: entry.campaign.id, keys: entry.cell.keys, client: entry.cell.client)
      if isFound { return true }
      guard try await look.isVouchedFor() else { return nil }
    } catch {
      return nil
    }
    return await cells.vouches(for: [look], of: entry.campaign.tenant) ? false : nil
  }

  /// Remembers that a coupon was issued, so that there were some left.
  @inline(__always)
  public func issued(_ entry: CampaignEntry) {
    if entry.hot.soldOut.isExhausted { entry.hot.soldOut.forget() }
  }

  /// Remembers that the cell said sold out.
  public func soldOut(_ entry: CampaignEntry, version: Int) {
    guard let collection = entry.hot.soldOut.confirm(version: version, now: loop.milliseconds)
    else { return }
    loop.spawn { [self] in
      do {
        let look = CellLook(at: entry.cell)
        let filter = try await HolderCollector.collect(
          campaign: entry.hot, client: entry.cell.client)
        // A cell that was cleared between two pages has lost the holders of those behind.
        guard try await look.isVouchedFor() else {
          return entry.hot.soldOut.forget()
        }
        entry.hot.soldOut.install(filter, for: collection)
      } catch {
        // Without the filter every claim is asked in Redis, which is right, only slower.
        entry.hot.soldOut.forget()
        logger.warning(
          "the holders of a sold-out campaign could not be read",
          [("campaign_id", .string("\(entry.campaign.id)")), ("error", .string("\(error)"))])
      }
    }
  }
}
