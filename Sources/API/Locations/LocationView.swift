internal import Domain
internal import Ledger

/// Writes locations as operators see them.
enum LocationView {
  static func location(_ location: LocationStore.Location) -> JSONValue {
    [
      "location_id": "\(location.id)",
      "market": "\(location.market)",
      "name": .string(location.name),
      "priority": .integer(location.priority),
      "active": .bool(location.isActive),
      "default": .bool(location.isDefault),
      "created_at": "\(location.createdAt)",
      "updated_at": "\(location.updatedAt)",
    ]
  }

  static func holding(_ holding: LocationStore.Holding) -> JSONValue {
    [
      "location_id": "\(holding.location)",
      "market": "\(holding.market)",
      "name": .string(holding.name),
      "quantity": .integer(holding.quantity),
    ]
  }
}
