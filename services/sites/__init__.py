"""The sites that engineers look after: their files, their pictures, and what a survey is worth."""
