internal import Domain
internal import Ledger

/// Writes stock and its movements.
enum StockView {
  static func level(_ level: StockLevel, of sku: SKU, asOf: Instant) -> JSONValue {
    [
      "sku": "\(sku)",
      "available": .integer(level.available),
      "reserved": .integer(level.reserved),
      "sold": .integer(level.sold),
      "as_of": "\(asOf)",
    ]
  }

  static func movement(_ movement: StockMovement) -> JSONValue {
    [
      "movement_id": "\(movement.id)",
      "sku": "\(movement.sku)",
      "kind": .string(movement.kind.rawValue),
      "from": account(movement.source),
      "to": account(movement.target),
      "wanted": .integer(movement.wanted),
      "moved": JSONValue(movement.moved),
      "locations": .array(
        movement.places.map {
          ["location_id": "\($0.location)", "change": .integer($0.change)]
        }),
      "state": movement.moved == nil ? "PENDING" : "DONE",
      "reason": .string(movement.reason),
      "actor": .string(movement.actor),
      "created_at": "\(movement.createdAt)",
      "finished_at": JSONValue(movement.finishedAt?.description),
    ]
  }

  private static func account(_ end: StockMovement.End?) -> JSONValue {
    guard let end else { return nil }
    return ["cell": .string(end.cell.text), "sale_id": JSONValue(end.scope.sale?.description)]
  }
}
