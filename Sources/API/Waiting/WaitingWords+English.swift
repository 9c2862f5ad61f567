extension WaitingWords {
  static let english = WaitingWords(
    page: [
      "languages": "Language", "place": "Your place", "wait": "Estimated wait",
      "ahead": "Ahead of you", "number": "Ticket number", "updated": "Last update",
      "continue": "Continue", "join": "Join the line", "leave": "Leave the line",
      "leaving-title": "Leave the line?",
      "leaving-text":
        "Your place goes to the next visitor. If you come back, you start at the end.",
      "stay": "Stay",
      "noscript": "Please turn JavaScript on: without it this page cannot keep your place.",
      "draw": "How the order is drawn",
      "draw-rule":
        "Everyone who comes before the opening is placed by a draw that follows from a secret seed. The seed's fingerprint was fixed before anybody came; the seed is published at the opening, so anyone can check the order.",
      "commitment-label": "Fingerprint (SHA-256 of the seed):", "seed-label": "Seed:",
    ],
    script: [
      "progress": "{share} of the way", "byLot": "Who is next is drawn by lot.",
      "unplaced": "You are in line. Who is next is drawn by lot. Estimated wait: {wait}.",
      "unknownWait": "working it out",
      "shortWait": "less than a minute", "aboutWait": "about {time}",
      "placed": "You are in line. Your place is {place}. Estimated wait: {wait}.",
      "moved": "Your place is now {place}. Estimated wait: {wait}.",
      "trouble": "The connection is interrupted. Trying again in {time}; your place is kept.",
      "recovered": "Connected again.",
    ],
    views: [
      .joining: View(headline: "One moment", explanation: "We are getting your place in line."),
      .waiting: View(
        headline: "You are in line",
        explanation:
          "Keep this page open: it takes you on as soon as it is your turn. Reloading does not cost you your place."
      ),
      .draw: View(
        headline: "You are in early",
        explanation:
          "It opens at {time}. The order of everyone who is here by then is drawn, so coming first is no advantage and coming later no disadvantage. Keep this page open."
      ),
      .opening: View(
        headline: "You are in early",
        explanation: "It opens at {time}. Keep this page open: your place is kept until then."),
      .admitted: View(headline: "It is your turn", explanation: "Taking you on …"),
      .free: View(
        headline: "It is your turn",
        explanation: "Go back to the shop in this browser: you are let in until {time}."),
      .lapsed: View(
        headline: "Your place has lapsed",
        explanation:
          "This page was away for too long, or your visit is over. You can join again at the end of the line."
      ),
      .left: View(
        headline: "You have left the line", explanation: "Your place went to the next visitor."),
      .closed: View(
        headline: "Nobody is let in at the moment", explanation: "Please try again later."),
    ],
    unknown: View(
      headline: "There is no such waiting room",
      explanation: "Please check the link that brought you here."),
    roomTitle: "Waiting room")
}
