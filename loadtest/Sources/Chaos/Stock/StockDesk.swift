internal import EventLoop

/// Has an operator book receipts of goods and corrections of open stock. Loop-confined.
final class StockDesk {
  let desk: OperatorDesk<StockWork>
  let prefix: String
  private let sales: [ChaosSale]
  private var count = 0
  private var numbers: SeededNumbers

  /// Pieces that come or go at a time; what is to go may be more than there is.
  private static let pieces = 1...50
  private static let receiptShare = 0.5
  private static let lossShare = 0.35

  /// - Parameters:
  ///   - sales: what is adjusted is the open stock of their SKUs, which nobody else touches.
  ///   - prefix: begins the names of all that is done.
  init(
    _ installation: Installation, connections: ServiceConnections, sales: [ChaosSale],
    prefix: String, numbers: SeededNumbers
  ) {
    self.prefix = prefix
    self.sales = sales
    self.numbers = numbers
    var numbers = numbers
    desk = OperatorDesk(
      installation, connections: connections, numbers: SeededNumbers(seed: ~numbers.next()))
  }

  /// Adjusts the open stock of some SKU.
  func adjust() async {
    guard let sale = sales.randomElement(using: &numbers),
      let sku = sale.skus.randomElement(using: &numbers)
    else { return }
    count += 1
    let pieces = Int.random(in: Self.pieces, using: &numbers)
    let chance = Double.random(in: 0..<1, using: &numbers)
    let isReceipt = chance < Self.receiptShare
    let isLoss = !isReceipt && chance < Self.receiptShare + Self.lossShare
    await desk.carryOut(
      StockWork(
        reference: "\(prefix)\(count)", kind: isReceipt ? .receipt : .correction, sku: sku,
        tenant: sale.plan.tenant, change: isLoss ? -pieces : pieces))
  }
}
