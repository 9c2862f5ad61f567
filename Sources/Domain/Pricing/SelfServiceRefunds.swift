/// What a customer may have back of an order without anybody's help, as a market's policy says.
public enum SelfServiceRefunds: String, CaseIterable, Sendable {
  /// Nothing: the shop gives it back.
  case none
  /// All of an order, or pieces of it.
  case lines
  /// Money for goods that stay where they are, too.
  case amounts

  /// Of a market with rules that say nothing of it.
  public static let usual = SelfServiceRefunds.lines
  /// Of the markets of a tenant that has no rules at all.
  public static let withoutRules = SelfServiceRefunds.amounts
}
