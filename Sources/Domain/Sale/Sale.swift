/// Something sold for a while, from stock of its own.
public struct Sale: Sendable, Equatable {
  public let id: Identifier
  public let tenant: TenantID
  public let market: Market
  /// The cell that decides its orders.
  public let cell: CellName
  public var name: String
  public var terms: SaleTerms
  public var items: [SaleItem]
  public var acknowledgement: Acknowledgement
  /// How long a reservation lasts; `nil` for as long as the node says.
  public var reservationSeconds: Int?
  /// The waiting room that one must have come through; `nil` for none.
  public var room: Identifier?
  public var state: SaleState
  /// Counts the changes; a cell takes a version once.
  public var version: Int

  public init(
    id: Identifier, tenant: TenantID, market: Market, cell: CellName, name: String,
    terms: SaleTerms, items: [SaleItem], acknowledgement: Acknowledgement,
    reservationSeconds: Int? = nil, room: Identifier? = nil, state: SaleState = .scheduled,
    version: Int = 1
  ) {
    self.id = id
    self.tenant = tenant
    self.market = market
    self.cell = cell
    self.name = name
    self.terms = terms
    self.items = items
    self.acknowledgement = acknowledgement
    self.reservationSeconds = reservationSeconds
    self.room = room
    self.state = state
    self.version = version
  }

  /// Its stock has all come; whether it is open is for its times to say.
  public var isReady: Bool {
    switch state {
    case .scheduled, .opening: false
    case .open, .closing, .closed: true
    }
  }

  /// The account of stock that it sells from.
  public var scope: StockScope { .sale(id) }
}

/// What a sale sells of one SKU.
public struct SaleItem: Sendable, Equatable {
  public let sku: SKU
  /// Pieces that are to come from the open stock.
  public var quantity: Int
  /// For one piece.
  public var price: Money
  /// Pieces that one user may have reserved or bought together; 0 for as many as there are.
  public var perUserLimit: Int

  public init(sku: SKU, quantity: Int, price: Money, perUserLimit: Int) {
    self.sku = sku
    self.quantity = quantity
    self.price = price
    self.perUserLimit = perUserLimit
  }
}

/// Where a sale is in its life: its stock comes before it opens and goes back after it has closed.
public enum SaleState: String, Sendable, CaseIterable {
  case scheduled = "SCHEDULED"
  /// Stock is on its way to it.
  case opening = "OPENING"
  case open = "OPEN"
  /// No more orders are taken; what is left goes back once nothing is reserved.
  case closing = "CLOSING"
  case closed = "CLOSED"
}
