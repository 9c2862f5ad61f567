/// All that is fuzzed.
enum Surfaces {
  static let all: [any Surface.Type] = [
    HTTPHeadSurface.self, HTTPBodySurface.self, TokenSurface.self, TicketSurface.self,
    CursorSurface.self, JSONSurface.self, BodySurface.self, ConfigurationSurface.self,
    QuerySurface.self, FieldSurface.self,
  ]
}
