"""Pure: offices in time, competence, topics, and the procedure's states and acts."""
