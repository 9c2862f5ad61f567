internal import Domain
internal import EventLoop
internal import HotPath

/// Open stock as its cells told it within the last second. Loop-confined.
///
/// However many ask, a SKU is read once a second at most, and all that are missing for a page, or for
/// pages asked for meanwhile, in one call of their cell.
final class StockMemory {
  /// How old what is told may be, in milliseconds.
  static let lifeMilliseconds: UInt64 = 1_000
  /// SKUs of a cell that are remembered.
  static let capacity = 100_000
  /// SKUs that one call reads.
  static let unitsPerRead = 500

  /// What a cell told of a SKU.
  struct Sight: Sendable {
    /// Nil when the cell has no account of it.
    let reading: StockReader.Reading?
    /// When it was asked, on the loop's clock.
    let askedAt: UInt64

    var freshUntil: UInt64 { askedAt + StockMemory.lifeMilliseconds }
  }

  private final class Cell {
    var known = RecentMemory<SKU, Sight>(capacity: StockMemory.capacity)
    let reads: GatheredReads<SKU, Sight>

    init(reads: GatheredReads<SKU, Sight>) { self.reads = reads }
  }

  private let loop: EventLoop
  private var cells: [CellName: Cell] = [:]

  init(loop: EventLoop) { self.loop = loop }

  /// What the cell tells of these SKUs; nothing of any while it is closed or cannot be asked, and nothing of
  /// those that it may have lost.
  func sights(of skus: [SKU], in scope: OrderScope) async -> [SKU: Sight] {
    guard scope.cell.lease.isOpen else { return [:] }
    let cell = cell(of: scope)
    let now = loop.milliseconds
    var sights: [SKU: Sight] = [:]
    var missing: [SKU] = []
    for sku in skus {
      if let sight = cell.known.find(sku), now < sight.freshUntil {
        sights[sku] = sight
      } else {
        missing.append(sku)
      }
    }
    if missing.isEmpty { return sights }
    guard let read = try? await cell.reads.values(of: missing) else { return [:] }
    for sku in missing {
      sights[sku] = read[sku]
      if let sight = read[sku] { cell.known.put(sight, for: sku) }
    }
    return sights
  }

  private func cell(of scope: OrderScope) -> Cell {
    if let cell = cells[scope.cell.keys.cell] { return cell }
    let loop = loop
    let reads = GatheredReads<SKU, Sight>(loop: loop, limit: Self.unitsPerRead) { skus in
      let askedAt = loop.milliseconds
      let look = CellLook(at: scope.cell)
      let readings = try await StockReader.read(
        skus.map { (scope.hot.scope, $0) }, keys: scope.cell.keys, client: scope.cell.client)
      let isVouchedFor = readings.lacksSome ? try await look.isVouchedFor() : true
      var sights: [SKU: Sight] = [:]
      for (sku, reading) in zip(skus, readings.accounts) where reading != nil || isVouchedFor {
        sights[sku] = Sight(reading: reading, askedAt: askedAt)
      }
      return sights
    }
    let cell = Cell(reads: reads)
    cells[scope.cell.keys.cell] = cell
    return cell
  }
}
