internal import Postgres

/// Lines as literals of arrays, three for each basket: PostgreSQL has no arrays of arrays of unlike length.
struct OrderLineLiterals: Sendable, Equatable {
  private static let empty = [UInt8(ascii: "{")]

  private var skus = PostgresArray.Builder(of: .text)
  private var quantities = PostgresArray.Builder(of: .text)
  private var prices = PostgresArray.Builder(of: .text)
  private var openSKUs = Self.empty
  private var openQuantities = Self.empty
  private var openPrices = Self.empty

  mutating func append(sku: UnsafeRawBufferPointer, quantity: Int, unitPrice: Int) {
    if openSKUs.count > Self.empty.count {
      openSKUs.append(UInt8(ascii: ","))
      openQuantities.append(UInt8(ascii: ","))
      openPrices.append(UInt8(ascii: ","))
    }
    // Quoted, or one that is called "null" would be none.
    openSKUs.append(UInt8(ascii: "\""))
    openSKUs.append(contentsOf: sku)
    openSKUs.append(UInt8(ascii: "\""))
    openQuantities.append(contentsOf: "\(quantity)".utf8)
    openPrices.append(contentsOf: "\(unitPrice)".utf8)
  }

  /// Ends the lines of a basket.
  mutating func close() {
    Self.close(&openSKUs, into: &skus)
    Self.close(&openQuantities, into: &quantities)
    Self.close(&openPrices, into: &prices)
  }

  private static func close(_ literal: inout [UInt8], into column: inout PostgresArray.Builder) {
    literal.append(UInt8(ascii: "}"))
    literal.withUnsafeBytes { column.append(bytes: $0) }
    literal = empty
  }

  var columns: [PostgresArray.Builder] { [skus, quantities, prices] }
}
