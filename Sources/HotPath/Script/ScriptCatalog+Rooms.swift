internal import Lua

extension ScriptCatalog {
  public static let putRoom = CatalogedScript(
    "put_room", ScriptSource.putRoom,
    keys: "room waiting seen active exempt sessions ended prequeue",
    arguments:
      "version generation run_id capacity rate session grace opens shuffle queueing base next served inside drawn seed",
    result: "applied")

  public static let joinRoom = CatalogedScript(
    "join_room", ScriptSource.joinRoom,
    keys: "room waiting seen active exempt sessions prequeue",
    arguments: "lease limit (visitor bypass)*", result: "unknown | tickets")

  public static let seeTickets = CatalogedScript(
    "see_tickets", ScriptSource.seeTickets,
    keys: "room waiting seen active exempt sessions ended prequeue",
    arguments: "lease (visitor number order issued)*", result: "unknown | statuses")

  public static let leaveRoom = CatalogedScript(
    "leave_room", ScriptSource.leaveRoom,
    keys: "room waiting seen active exempt sessions ended prequeue",
    arguments: "lease channel name limit waited_limit (visitor number)*", result: "left")

  public static let admitTickets = CatalogedScript(
    "admit_tickets", ScriptSource.admitTickets,
    keys: "room waiting seen active exempt sessions ended state",
    arguments: "lease rate limit sweep", result: "unknown | admitted")

  public static let drawTickets = CatalogedScript(
    "draw_tickets", ScriptSource.drawTickets, keys: "room waiting prequeue",
    arguments: "lease step first seed (order)*", result: "progress")

  static let rooms = [putRoom, joinRoom, seeTickets, leaveRoom, admitTickets, drawTickets]
}
